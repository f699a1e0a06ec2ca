"""__name__: likes notes that mention the functions of their file. This is the file to edit."""

import re

from ralf_tune import Manifest, Parameter, Score

MANIFEST = Manifest(
    name="__name__",
    version="0.1.0",
    summary="Likes notes that mention the functions of their file",
    parameters=[
        Parameter("most", 8, "functions that are looked for, from the top of the file", low=1, high=100),
        Parameter("pass_mark", 0.8, "share of them that is enough for a full score", low=0.1, high=1.0),
    ],
)

# `def name`, `fn name`, `func name`, `function name`.
FUNCTION = re.compile(r"\b(?:def|fn|func|function)\s+(\w+)")


def evaluate(note, arguments):
    """The score of one note, from 0 to 1. The arguments are checked: every parameter is there."""
    names = list(dict.fromkeys(FUNCTION.findall(note.source)))[: arguments["most"]]
    if not names:
        return Score.not_judged("the file has no functions")
    missing = [name for name in names if not re.search(rf"\b{name}\b", note.text)]
    share = 1 - len(missing) / len(names)
    return Score(
        min(1.0, share / arguments["pass_mark"]),
        parts={"mentioned": share},
        reasons=[f"`{name}` is not mentioned" for name in missing[:3]],
    )
