"""What a run found: the records behind report.json and report.html."""

from typing import Literal

import msgspec

from ecmkit import bench, compress, evaluate, monitor

__all__ = [
    "AlarmRow",
    "ClassRow",
    "DataSummary",
    "Fold",
    "LineageRow",
    "LoopSummary",
    "ModelResult",
    "OperateSummary",
    "RunReport",
    "SummaryRow",
]


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parent of the parts of a report."""


class SummaryRow(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the table at the end of a run."""

    stage: str
    text: str
    state: Literal["ok", "finding", "failed"] = "ok"


class ClassRow(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Recordings of one class in the training stretch."""

    label: str
    sizes: str
    recordings: int
    windows: int
    seconds: float


class DataSummary(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was recorded."""

    sentence: str
    classes: tuple[ClassRow, ...]
    dropped: tuple[str, ...]
    """Recordings that the quality check left out, with the reason."""


class Fold(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Result of one split."""

    protocol: str
    held_out: str
    windows: int
    balanced_accuracy: float
    leaky: bool


class ModelResult(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Result of one released model on held-out windows."""

    name: str
    family: str
    result: str
    metrics: dict[str, float]
    flash_bytes: int
    hash: str
    steps: tuple[compress.Step, ...] = ()
    """Of its compression, each before and after, on the same windows."""


class AlarmRow(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Windows in a row of one recording in which monitors alarmed, and why."""

    changed: bool
    """Whether it was after the change."""
    first_window: int
    """Counted from the start of the service."""
    last_window: int
    windows: int
    """Windows with an alarm, of those from first to last."""
    at_s: float
    """Time of the first since the start of the service."""
    monitors: tuple[str, ...]
    """Which of them alarmed."""
    recording: str
    reasons: tuple[evaluate.Reason, ...]
    """What stands out against the reference, the farthest first."""
    text: str
    """In words."""


class OperateSummary(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of running the package on later data."""

    sentence: str
    windows_before: int
    windows_after: int
    frames: int
    alarms_before: int
    """Windows with a detector alarm in the stretch in which nothing changed."""
    alarms_after: int
    verdict_before: str
    """What the monitor says of that stretch alone."""
    verdict: str
    emulated_windows: int
    emulated_differences: int
    """Values in which the emulated target and the host differed on these windows."""
    request: str
    """Id of the retraining request; empty if none was filed."""
    alarms: tuple[AlarmRow, ...] = ()
    """The first of each stretch, in the order of time."""


class LoopSummary(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Champion against challenger."""

    sentence: str
    changed: evaluate.Comparison | None
    """On held-out recordings of the changed machine."""
    known: evaluate.Comparison | None
    """On the held-out recordings of before: what must not get worse."""
    promoted: bool
    champion_version: int
    """Of the package that was operated."""
    challenger_version: int | None

    @property
    def released_version(self) -> int:
        """Version that is champion now: what the folder of results holds."""
        if self.promoted and self.challenger_version is not None:
            return self.challenger_version
        return self.champion_version


class LineageRow(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One content hash."""

    what: str
    hash: str


class RunReport(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that a run found."""

    version: int = 1
    """Format version of this record."""
    ecmkit: str
    name: str
    seed: int
    target: str
    summary: tuple[SummaryRow, ...]
    data: DataSummary
    folds: tuple[Fold, ...]
    leaky: Fold | None
    models: tuple[ModelResult, ...]
    importance: tuple[evaluate.Importance, ...] = ()
    """Of the features that the classifier reads, on held-out windows; empty where
    there is only one recording of them."""
    gate: bench.GateReport
    proofs: tuple[bench.GateReport, ...]
    """The same application on the further targets."""
    gate_passed: bool
    """Whether it passed on all targets. If not, it was not released: nothing was
    operated, and the next three are None."""
    operate: OperateSummary | None
    drift: monitor.DriftReport | None
    loop: LoopSummary | None
    challenger: tuple[bench.GateReport, ...]
    """The challenger on all targets, that of the project first; empty without one."""
    lineage: tuple[LineageRow, ...]
