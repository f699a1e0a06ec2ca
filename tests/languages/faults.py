"""A scorer that does what it is told."""

import random

from ralf_tune import Declined, Manifest, Parameter, Score

MANIFEST = Manifest("faults", "0.1.0", "Does what it is told", [Parameter("fault", "none", "what goes wrong")])


def evaluate(note, arguments):
    fault = arguments["fault"]
    request = note.requests[0]
    if fault == "decline":
        raise Declined("the note has no title")
    if fault == "bug":
        return Score(1 / len(note.path[:0]))  # fault: bug
    if fault == "deep":
        return deep(1)
    if fault == "late":
        import decimal  # fault: late
    if fault == "nan":
        return Score(float("nan"))
    if fault == "print":
        print("two\nlines")
    if fault == "half":
        return Score(1.0, reasons=["half of one: \ud83e"])
    if fault == "allocate":
        return Score(len("x" * 200_000_000))
    while fault == "loop":
        pass
    parts = {"context": note.settings["num_ctx"], "characters": len(note.source), "random": random.random()}
    return Score(0.5, parts, [note.piece(request), request.finish])


def deep(number):
    return 1 + deep(number + 1)  # fault: deep
