"""headings: are the headings of one's own note format there, in order, once, and filled?"""

import re

from ralf_tune import Declined, Manifest, Parameter, Score

MANIFEST = Manifest(
    name="headings",
    version="0.1.0",
    summary="Wants the headings of your own note format, in order and filled",
    parameters=[
        Parameter("wanted", "SUMMARY, DETAILS, USAGE", "headings that a note must have, with commas between them"),
        Parameter("words", 3, "words that a section needs to count as filled", low=1, high=1000),
        Parameter("order", True, "whether they must come in this order"),
    ],
)

# `## Summary`, `### SUMMARY:`, `**Summary**` alone on a line.
HEADING = re.compile(r"^(?:#{1,6}\s+|\*\*)(.+?)[\s:*#]*$", re.MULTILINE)

# What models write where they have nothing to say.
FILLERS = {"none", "n/a", "na", "tbd", "todo", "not applicable", "not available", "unknown"}


def evaluate(note, arguments):
    wanted = [key(name) for name in arguments["wanted"].split(",") if name.strip()]
    if not wanted:
        raise Declined("`wanted` names no heading")
    if not note.text.strip():
        return Score(0.0, reasons=["there is no note"])
    # A long file has one answer a piece, each a note of its own: the mean counts.
    judged = [judge(request.answer, wanted, arguments) for request in note.requests]
    reasons = list(dict.fromkeys(reason for _, found in judged for reason in found))
    flawless = sum(1 for _, found in judged if not found) / len(judged)
    return Score(sum(value for value, _ in judged) / len(judged), {"flawless": flawless}, reasons[:5])


def judge(answer, wanted, arguments):
    """The value of one answer, and what is wrong with it."""
    sections = split(answer)
    value, reasons = 0.0, []
    for name in wanted:
        bodies = [body for heading, body in sections if heading == name]
        if not bodies:
            reasons.append(f"{name} is missing")
        elif not filled(bodies[0], arguments["words"]):
            value += 0.25
            reasons.append(f"{name} is empty")
        elif len(bodies) > 1:
            value += 0.5
            reasons.append(f"{name} is there {len(bodies)} times")
        else:
            value += 1.0
    found = list(dict.fromkeys(heading for heading, _ in sections if heading in wanted))
    if arguments["order"] and found != [name for name in wanted if name in found]:
        value *= 0.8
        reasons.append("the headings come in another order")
    return value / len(wanted), reasons


def split(answer):
    """Headings with what stands below them, in order."""
    marks = list(HEADING.finditer(answer))
    ends = [mark.start() for mark in marks[1:]] + [len(answer)]
    return [(key(mark[1]), answer[mark.end() : end]) for mark, end in zip(marks, ends)]


def key(heading):
    """`Key functions` and `KEY_FUNCTIONS` are one heading."""
    return " ".join(re.findall(r"\w+", heading.replace("_", " "))).upper()


def filled(body, words):
    plain = body.strip(" \n\t-*.").lower()
    return plain not in FILLERS and len(re.findall(r"\w+", plain)) >= words
