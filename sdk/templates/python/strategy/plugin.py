"""__name__: decides how many requests are sent at once. This is the file to edit."""

from ralf_tune import Decision, Manifest, Notes, Parameter, Proposal

SETTING = "max_concurrent_requests"

MANIFEST = Manifest(
    name="__name__",
    version="0.1.0",
    summary="Makes the same notes with a few numbers of requests at once",
    parameters=[
        Parameter("workers", [1.0, 2.0, 4.0], "numbers of requests at once that are compared", low=1, high=64),
        Parameter("files", 4, "files made into notes with each", low=1, high=50),
        Parameter("tie", 0.05, "share of speed for which fewer requests are preferred", low=0.0, high=1.0),
    ],
    decides=[SETTING],
    intensities=["quick", "normal", "full"],
)


def ask(study, arguments):
    """What to measure next, or the decision. Called again and again, each time with all that was measured so far."""
    files = list(range(len(study.workload.file_chars)))[: arguments["files"]]
    missing = [count for count in counts(study, arguments) if trial(study, count) is None]
    if not missing or not files:
        return conclude(study, arguments)
    return [Proposal(Notes(files), {SETTING: count}, f"{count:.0f} at once") for count in missing]


def conclude(study, arguments):
    """The best decision from what there is: also called when the time is over before `ask` was done."""
    trials = {count: trial(study, count) for count in counts(study, arguments)}
    speeds = {count: one.mean("notes_per_minute") for count, one in trials.items() if one}
    speeds = {count: speed for count, speed in speeds.items() if speed is not None}
    if not speeds:
        return Decision(not_found=["no number of requests made a note"])
    enough = max(speeds.values()) * (1 - arguments["tie"])
    best = min(count for count, speed in speeds.items() if speed >= enough)
    return Decision({SETTING: best}, [f"{best:.0f} at once make {speeds[best]:.2f} notes a minute"])


def counts(study, arguments):
    """Those that the host would accept."""
    allowed = study.space.get(SETTING)
    return [count for count in arguments["workers"] if allowed is None or allowed.low <= count <= allowed.high]


def trial(study, count):
    """Our own trial with that many requests, however it ended. Nothing else is remembered between two calls."""
    own = [one for one in study.history if one.stage == MANIFEST.name and one.candidate.get(SETTING) == count]
    return own[-1] if own else None
