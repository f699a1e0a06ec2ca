"""The words of ralf-tune's plugins in plain Python. Nothing here needs WebAssembly, so that tests run anywhere.

Settings are dicts by the keys of the configuration file: {"num_ctx": 8192.0}. Everything that the host sends has a
default here, so that a test writes down only what matters to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, List, Optional, Sequence, Union


class Declined(Exception):
    """Raise it with one sentence for the user when you cannot answer. The study goes on without the answer."""


@dataclass
class Parameter:
    """Something that the user can set. The type of the default is the type: 1 is whole, 1.0 is any number."""

    name: str
    default: Union[bool, int, float, str, List[float]]
    help: str
    low: Optional[float] = None
    high: Optional[float] = None
    choices: Sequence[str] = ()


@dataclass
class Manifest:
    """What a plugin says of itself. The last three are for strategies."""

    name: str
    version: str
    summary: str
    parameters: Sequence[Parameter] = ()
    decides: Sequence[str] = ()
    needs: Sequence[str] = ()
    intensities: Sequence[str] = ()

    def defaults(self, **changed) -> dict:
        """The arguments that the host would send, for tests."""
        return {**{one.name: one.default for one in self.parameters}, **changed}


_sink: Callable[[str, str], None] = lambda level, message: None


def log(message: object, level: str = "info") -> None:
    """Says something to whoever debugs the plugin (RALF_TUNE_LOG=debug); in tests it goes nowhere."""
    _sink(level, str(message))


# --- Scorers: evaluate(note, arguments) -> Score


@dataclass
class Request:
    """One request of a note. It carried the characters from start_char to end_char of the file."""

    answer: str = ""
    prompt: str = ""
    finish: str = "stop"  # stop, length, aborted, none
    prompt_tokens: int = 0
    answer_tokens: int = 0
    truncated: bool = False
    start_char: int = 0
    end_char: int = 0


@dataclass
class Note:
    """One note, and the whole file that it was made from."""

    source: str = ""
    requests: List[Request] = field(default_factory=list)
    path: str = ""
    language: str = "text"
    settings: Dict[str, float] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The note: all answers, in order."""
        return "\n".join(request.answer for request in self.requests)

    def piece(self, request: Request) -> str:
        """The part of the file that a request carried."""
        return self.source[request.start_char : request.end_char]


@dataclass
class Score:
    """From 0 (worthless) to 1 (nothing to wish for), with shares of 1 and sentences for the report."""

    value: float
    parts: Dict[str, float] = field(default_factory=dict)
    reasons: List[str] = field(default_factory=list)

    @classmethod
    def not_judged(cls, reason: str) -> Score:
        """There was nothing that this scorer knows how to judge: the score does not count."""
        return cls(1.0, {"judged": 0.0}, [reason])


# --- Strategies: ask(study, arguments) -> list of Proposal, or Decision; conclude(study, arguments) -> Decision


@dataclass
class Load:
    """Load the model with the candidate's settings, timed."""


@dataclass
class Probe:
    """Fresh synthetic prompts."""

    prompt_tokens: int
    output_tokens: int
    parallel: int = 1
    requests: int = 1


@dataclass
class Notes:
    """Files of the workload, by index, made into notes as the batch would."""

    files: List[int]


@dataclass
class Needle:
    """Facts hidden in a text, at relative depths from 0 to 1."""

    content_chars: int
    depths: List[float]


@dataclass
class Compare:
    """The candidate and another one in turns, on the same files."""

    other: Dict[str, float]
    files: List[int]


Experiment = Union[Load, Probe, Notes, Needle, Compare]


@dataclass
class Proposal:
    """What to measure, with which settings other than the incumbent's, and one line of why."""

    experiment: Experiment
    changes: Dict[str, float]
    why: str


@dataclass
class Decision:
    """Settings that the manifest says it decides, and what was looked for and not found."""

    settings: Dict[str, float] = field(default_factory=dict)
    reasons: List[str] = field(default_factory=list)
    not_found: List[str] = field(default_factory=list)


@dataclass
class Sample:
    """All values of one metric in a trial."""

    values: List[float] = field(default_factory=list)
    mean: float = 0.0
    median: float = 0.0
    standard_deviation: float = 0.0


@dataclass
class NoteScore:
    """The score of one note of a trial, with its parts by scorer."""

    file: int
    value: float
    parts: Dict[str, float] = field(default_factory=dict)


@dataclass
class Trial:
    """A measured proposal. The stage is the name of the strategy that asked for it, or baseline, or confirm."""

    stage: str = ""
    candidate: Dict[str, float] = field(default_factory=dict)
    experiment: Experiment = field(default_factory=Load)
    state: str = "complete"  # complete, pruned, failed
    cause: str = ""  # of a failure
    samples: Dict[str, Sample] = field(default_factory=dict)
    scores: List[NoteScore] = field(default_factory=list)
    number: int = 0
    seconds: float = 0.0
    reloads: int = 0
    facts: Dict[str, float] = field(default_factory=dict)

    def mean(self, metric: str) -> Optional[float]:
        """The mean of a metric; None when the trial did not end well or did not measure it."""
        sample = self.samples.get(metric)
        return sample.mean if sample and self.state == "complete" else None


@dataclass
class Machine:
    """The server's machine. Zeros mean unknown."""

    physical_cores: int = 0
    logical_threads: int = 0
    usable_threads: int = 0
    total_memory_bytes: int = 0
    available_memory_bytes: int = 0
    gpu_memory_bytes: int = 0
    facts: Dict[str, float] = field(default_factory=dict)


@dataclass
class Model:
    name: str = ""
    size_bytes: int = 0
    parameter_count: int = 0
    trained_context: int = 0
    layers: int = 0
    kv_bytes_per_token: int = 0
    thinking: bool = False
    facts: Dict[str, float] = field(default_factory=dict)


@dataclass
class Workload:
    """file_chars: lengths of the files that trials may use; batch_chars: of all files, sorted."""

    file_chars: List[int] = field(default_factory=list)
    batch_chars: List[int] = field(default_factory=list)
    chars_per_token: float = 4.0
    overhead_tokens: int = 0
    facts: Dict[str, float] = field(default_factory=dict)


@dataclass
class Range:
    """Allowed values of a setting: low + k * step up to high; a step of 0 is continuous."""

    low: float
    high: float
    step: float = 0.0
    load_time: bool = False
    affects_quality: bool = False


@dataclass
class Constraints:
    quality_floor: float = 0.95
    max_lost_share: float = 0.02


@dataclass
class Study:
    """All that a strategy knows. Nothing else is kept between two calls: what was measured stands in the history."""

    history: List[Trial] = field(default_factory=list)
    workload: Workload = field(default_factory=Workload)
    model: Model = field(default_factory=Model)
    machine: Machine = field(default_factory=Machine)
    space: Dict[str, Range] = field(default_factory=dict)
    constraints: Constraints = field(default_factory=Constraints)
    baseline: Dict[str, float] = field(default_factory=dict)
    incumbent: Dict[str, float] = field(default_factory=dict)
    seconds_left: float = 60.0
    seed: int = 0


# --- Selectors: select(choice, arguments) -> Selection


@dataclass
class Estimate:
    """A value and its interval."""

    value: float
    low: float
    high: float


@dataclass
class Candidate:
    """A measured candidate. One with violations must not win."""

    id: int
    settings: Dict[str, float] = field(default_factory=dict)
    is_baseline: bool = False
    notes_per_minute: Optional[Estimate] = None
    quality: Optional[Estimate] = None
    source_share: float = 1.0
    lost_share: float = 0.0
    peak_memory_bytes: Optional[float] = None
    spilled: bool = False
    violations: List[str] = field(default_factory=list)
    facts: Dict[str, float] = field(default_factory=dict)


@dataclass
class Choice:
    """The candidates, and what a selector may want to know beside them."""

    candidates: List[Candidate]
    constraints: Constraints = field(default_factory=Constraints)
    machine: Machine = field(default_factory=Machine)
    model: Model = field(default_factory=Model)
    workload: Workload = field(default_factory=Workload)
    history: List[Trial] = field(default_factory=list)


@dataclass
class Selection:
    """The winner's id, the next best, why, and settings that the selector's own rules set."""

    winner: int
    runners_up: List[int] = field(default_factory=list)
    reasons: List[str] = field(default_factory=list)
    settings: Dict[str, float] = field(default_factory=dict)
