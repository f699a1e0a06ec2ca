"""Between the host's types and those of this package; what all kinds share. Only in a component. Nothing to edit here."""

import sys

import plugin
import ralf_tune
from componentize_py_types import Err
from wit_world.imports import log, types

LEVELS = {"debug": types.Level.DEBUG, "info": types.Level.INFO, "warn": types.Level.WARN}


def call(function, *arguments):
    """Calls the plugin. A decline becomes an error of the interface, anything else is reported and ends the call."""
    settle()
    try:
        return function(*arguments)
    except ralf_tune.Declined as declined:
        raise Err(text(declined)) from None
    except BaseException as error:
        report(error)
        raise


def report(error):
    """The host knows a panic by its text: where, and what. The innermost place in plugin.py says most."""
    trace, place = error.__traceback__, None
    while trace is not None:
        here = trace.tb_frame.f_code.co_filename.rsplit("/", 1)[-1], trace.tb_lineno
        if here[0] == "plugin.py" or place is None or place[0] != "plugin.py":
            place = here
        trace = trace.tb_next
    file, line = place or ("plugin.py", 0)
    message = f"panicked at {file}:{line}: {type(error).__qualname__}: {error}"
    log.log(types.Level.WARN, text(message))


class Printed:
    """What is printed goes to the log: there is no terminal."""

    def __init__(self, level):
        self.level = level

    def write(self, words):
        if words.strip():
            ralf_tune.log(words.rstrip(), self.level)
        return len(words)

    def flush(self):
        pass


class TooLate:
    """There are no files in a component: what was not imported while it was built cannot be imported any more."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        raise ImportError(f"`{name}` must be imported at the top of plugin.py, while the component is built")


def settle():
    """Each call has a fresh instance: this comes first in it. While the component is built, there is no log."""
    ralf_tune._sink = lambda level, message: log.log(LEVELS.get(level, types.Level.INFO), text(message))
    sys.stdout, sys.stderr = Printed("info"), Printed("info")
    sys.meta_path.insert(0, TooLate)


# --- From the plugin


def text(value):
    """Half a character (a surrogate) is no text for the host."""
    return str(value).encode("utf-8", "replace").decode("utf-8")


def texts(values):
    return [text(value) for value in values]


def settings(values):
    return [types.Setting(text(name), float(value)) for name, value in values.items()]


def facts(values):
    return [types.Fact(text(name), float(value)) for name, value in values.items()]


def value(given):
    if isinstance(given, bool):
        return types.Value_Boolean(given)
    if isinstance(given, int):
        return types.Value_Integer(given)
    if isinstance(given, float):
        return types.Value_Number(given)
    if isinstance(given, str):
        return types.Value_Text(text(given))
    return types.Value_Numbers([float(number) for number in given])


def bound(given):
    return None if given is None else float(given)


def describe():
    return call(_manifest)


def _manifest():
    given = plugin.MANIFEST
    parameters = [
        types.Parameter(
            text(one.name), text(one.help), value(one.default), bound(one.low), bound(one.high), texts(one.choices)
        )
        for one in given.parameters
    ]
    lists = [texts(given.decides), texts(given.needs), texts(given.intensities)]
    return types.Manifest(text(given.name), text(given.version), text(given.summary), parameters, *lists, [])


# --- From the host


def named(values):
    return {one.name: one.value for one in values}


def arguments(values):
    return {one.name: one.value.value for one in values}


def case(enum):
    return enum.name.lower()


def alike(kind, given, **changed):
    """The same record as a class of this package: fields are called alike, open slots become dicts."""
    fields = {**given.__dict__, "facts": named(given.facts)} if hasattr(given, "facts") else dict(given.__dict__)
    return kind(**{**fields, **changed})


def trial(given):
    failed = isinstance(given.state, types.TrialState_Failed)
    state = type(given.state).__qualname__.rsplit("_", 1)[-1].lower()
    samples = {}
    for one in given.samples:
        samples[one.metric] = ralf_tune.Sample(one.values, one.mean, one.median, one.standard_deviation)
    return alike(
        ralf_tune.Trial,
        given,
        candidate=named(given.candidate),
        experiment=experiment(given.experiment),
        state=state,
        cause=given.state.value if failed else "",
        samples=samples,
        scores=[ralf_tune.NoteScore(one.file, one.value, named(one.parts)) for one in given.scores],
    )


def experiment(given):
    kind = type(given).__qualname__.rsplit("_", 1)[-1]
    if kind == "Load":
        return ralf_tune.Load()
    if kind == "Notes":
        return ralf_tune.Notes(given.value)
    if kind == "Compare":
        return ralf_tune.Compare(named(given.value.other), given.value.files)
    return alike(getattr(ralf_tune, kind), given.value)


def surroundings(given):
    """What strategies and selectors are both told."""
    return {
        "machine": alike(ralf_tune.Machine, given.machine),
        "model": alike(ralf_tune.Model, given.model),
        "workload": alike(ralf_tune.Workload, given.workload),
        "constraints": alike(ralf_tune.Constraints, given.constraints),
        "history": [trial(one) for one in given.history],
    }
