"""__name__: among the candidates that are fast enough, the one that needs the least memory. This is the file to edit."""

from ralf_tune import Declined, Manifest, Parameter, Selection

MANIFEST = Manifest(
    name="__name__",
    version="0.1.0",
    summary="The least memory among candidates that are fast enough",
    parameters=[Parameter("speed", 0.8, "fast enough: this share of the fastest candidate's speed", low=0.0, high=1.0)],
)


def select(choice, arguments):
    """The winner. The host refuses one that has a violation; Declined says in a sentence that there is none."""
    allowed = [one for one in choice.candidates if not one.violations]
    if not allowed:
        raise Declined("every candidate has a violation")
    enough = max(speed(one) for one in allowed) * arguments["speed"]
    # The id last: the same candidates in another order give the same winner.
    best = sorted((one for one in allowed if speed(one) >= enough), key=lambda one: (memory(one), one.id))
    winner = best[0]
    return Selection(
        winner.id,
        runners_up=[one.id for one in best[1:]],
        reasons=[f"{memory(winner) / 1e9:.1f} GB, {speed(winner):.2f} notes a minute"],
    )


def speed(candidate):
    return candidate.notes_per_minute.value if candidate.notes_per_minute else 0.0


def memory(candidate):
    """Unknown memory is no small memory."""
    return float("inf") if candidate.peak_memory_bytes is None else candidate.peak_memory_bytes
