"""The project file: what to read, learn, build, watch, and what it may cost."""

import math
from pathlib import Path
from typing import Any, Literal

import msgspec

from ecmkit import bench, compress, data, drift, formats
from ecmkit import package as packages
from ecmkit.drift.reference import BINS
from ecmkit.errors import FormatError
from ecmkit.registry.store import NAME
from ecmkit.search.settings import SearchSettings

__all__ = [
    "REGISTRY",
    "STRETCHES",
    "Data",
    "Drift",
    "Folder",
    "Model",
    "Operate",
    "Plan",
    "Project",
    "Splitting",
    "Stretch",
    "Training",
    "load_project",
]

REGISTRY = "registry"
"""Folder of the registry, beside those of the projects' results."""
STRETCHES = ("train", "reference", "before", "after")
"""Parts of the machines' life: to learn from; to set limits on, which no model has
seen; the first part of operation, in which nothing changed; the part after a change."""


class _Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parent of the tables of a project file."""

    def _expect(self, met: bool, field: str, expected: str) -> None:
        if not met:
            found = getattr(self, field)
            raise ValueError(f"`{field}`: found {found!r}, expected {expected}")


class Stretch(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Recordings of one part of life."""

    select: data.Selection = data.Selection()
    """Which recordings."""
    part: tuple[float, float] = (0.0, 1.0)
    """Which share of each, in time: ``[0.0, 0.5]`` is the first half."""

    def __post_init__(self) -> None:
        """Refuse a part that is empty or reaches outside."""
        low, high = self.part
        if not 0.0 <= low < high <= 1.0:
            raise ValueError(f"part: found {list(self.part)}, expected 0 <= a < b <= 1")


class Folder(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Recordings in a folder."""

    train: Stretch
    reference: Stretch
    before: Stretch
    after: Stretch
    path: str = ""
    """The folder, relative to the project file; ``--data`` takes its place."""
    format: str = "auto"
    """Name of a reader."""


class Data(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where recordings come from: exactly one of the two."""

    simulator: data.SimulatorConfig | None = None
    """Scenarios with the stretches of `STRETCHES`."""
    folder: Folder | None = None
    clipped_share: float = 1e-3
    """Recordings with a larger share of clipped samples are left out."""

    def __post_init__(self) -> None:
        """Refuse both or neither."""
        tables = [n for n in ("simulator", "folder") if getattr(self, n) is not None]
        if len(tables) != 1:
            raise ValueError(
                f"found {' and '.join(tables) or 'neither table'}, expected one of the "
                "tables `simulator` and `folder`"
            )
        self._expect(0 <= self.clipped_share <= 1, "clipped_share", "0 ... 1")


class Plan(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which feature plan, and what this project changes in it."""

    use: str = "bearing"
    """Name of a ready plan, or a file relative to the project file."""
    channel: str | None = None
    channels: tuple[str, ...] = ()
    """Several, instead of `channel`."""
    range: float | None = None
    hop_len: int | None = None
    speed_hz: tuple[float, float] | None = None
    envelope_hz: tuple[float, float] | None = None
    """Demodulation band of the plan's envelope."""


class Splitting(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the classifier is tested."""

    by: Literal["machine", "fault_size", "load", "recording"] = "machine"
    """What stays together; each is held out in turn."""
    test: tuple[str | float, ...] = ()
    """Groups that the released classifier never learns from; drawn if empty."""
    show_leaky: bool = True
    """Also compute the figure that a split by random windows would give."""


class Model(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model of a family, and what it learns from."""

    family: str
    """Such as ``random-forest``, ``k-means``, ``autoencoder``."""
    labels: tuple[str, ...] = ()
    """Classes to learn from; all if empty."""
    features: tuple[str, ...] = ("*",)
    """Shell patterns of the features that it reads."""
    options: dict[str, Any] = {}
    """Options of the family, see its ``fit``."""
    compression: compress.Recipe = compress.Recipe()
    """What is done to it after training."""
    weights: Literal["inline", "data"] = "inline"
    """In the code, or as data that can be replaced in the field."""
    calibrate: Literal["", "temperature", "isotonic", "deviations"] = ""
    """What makes its probabilities, or its score, mean something, see
    `ecmkit.train.calibrated`; set on groups that it has not learnt from, never on those
    that it is judged on. ``isotonic`` may change which class is the most probable, and
    is set in each fold of the protocol too. Not at all if empty."""


class Regression(Model, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model of a quantity that is known of each recording, such as a severity."""

    target: Literal["fault_size", "load", "speed_hz"] = "fault_size"
    """What it learns, of the recordings' metadata; the name of its output too."""


class Training(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The models of an application."""

    classifier: Model = Model(family="random-forest")
    distance: Model = Model(family="k-means")
    reconstruction: Model = Model(family="autoencoder")
    regression: Regression | None = None

    @property
    def models(self) -> dict[str, Model]:
        """Those that there are, by name."""
        made = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: model for name, model in made.items() if model is not None}


class Drift(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the device watches itself."""

    false_alarms: str | float = "1/day"
    """Wanted rate of each watch, or windows between false alarms."""
    k: float = 0.5
    """Half the shift to be found, in standard deviations."""
    alpha: float = 0.01
    """Level of the tests on the distributions of features."""
    labels: tuple[str, ...] = ()
    """Classes of the reference stretch that are known operation; all if empty."""
    bins: int = 8
    """Of each feature's distribution on the device: 8, 16, 32 or 64."""
    plan: str | drift.DriftPlan | None = None
    """Further monitors that are packaged: a drift plan, or the name of its file beside
    the project's. They may watch the features, the outputs of the models by name,
    ``confidence``, ``speed_hz``, and the classes as ``class_id``."""

    def __post_init__(self) -> None:
        """Refuse what no detector or test can be set to."""
        self._expect(0 < self.k < math.inf, "k", "a number above 0")
        self._expect(0 < self.alpha < 1, "alpha", "above 0 and below 1")
        self._expect(self.bins in BINS, "bins", "8, 16, 32 or 64")


class Sensors(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the device judges its sensors."""

    learn: bool = False
    """Set dead band, offset and spectral signature from the reference stretch."""
    channels: dict[str, drift.SensorChecks] = {}
    """Checks of channels by name; the others have the default."""


class Operate(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the packaged application is run over later data."""

    report_every: int = 8
    """Windows from one telemetry frame to the next."""
    emulate_windows: int = 4
    """Windows of that data to run on the emulated target as well."""
    shuffle: bool = False
    """Take the recordings of each stretch in random order: those of a test rig have no
    order in time, and going through them fault by fault would be a change in itself."""
    learn_share: float = 0.5
    """Share of the changed machine's recordings to learn from; the rest is judged."""
    margin: float = 0.01
    """Gain in balanced accuracy that is worth a new model."""

    def __post_init__(self) -> None:
        """Refuse what would run nothing, or judge on nothing."""
        for name in ("report_every", "emulate_windows"):
            self._expect(getattr(self, name) >= 1, name, "1 or more")
        self._expect(0 < self.learn_share < 1, "learn_share", "above 0 and below 1")
        self._expect(0 <= self.margin < 1, "margin", "0 up to below 1")


class Project(_Record, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project file."""

    name: str
    target: str
    """Board or machine to build for, see ``ecmkit targets list``."""
    prove_on: tuple[str, ...] = ()
    """Further targets to build for and gate on, such as an emulated machine with the
    same core as the board: the package is released only if it passes on all."""
    data: Data
    seed: int = 0
    shadow: Literal["", "challenger", "shadow"] = ""
    """Alias in the registry of the version whose models run beside the champion's in
    the package, without a say; no models do if it is empty or names no version."""
    tracker: str = "none"
    """Who is told of each training beside the registry, such as ``wandb``."""
    plan: Plan = Plan()
    split: Splitting = Splitting()
    train: Training = Training()
    search: SearchSettings | None = None
    """What ``ecmkit search`` goes through; `run` does not read it."""
    gate: bench.Budget = bench.Budget()
    package: packages.Release = packages.Release()
    """What the package is called in the ecosystems of firmware."""
    power: bench.Supply = bench.Supply()
    """Currents of the product and how much of the day it samples, for the charge of a
    day in the package's read-me."""
    queue: packages.Queue = packages.Queue()
    """How samples wait for the task, which is most of an application's memory."""
    drift: Drift = Drift()
    sensor: Sensors = Sensors()
    operate: Operate = Operate()

    def __post_init__(self) -> None:
        """Refuse a seed that the libraries behind the models do not take."""
        self._expect(0 <= self.seed < 2**32, "seed", "0 ... 4294967295")


def load_project(path: Path) -> Project:
    """Read a project file.

    Parameters
    ----------
    path : Path
        TOML.

    Returns
    -------
    Project

    Raises
    ------
    FormatError
        Naming file, field, found and expected.
    """
    project = formats.load_toml(path, Project)
    if not NAME.fullmatch(project.name) or project.name == REGISTRY:
        raise FormatError(
            f"{path}: `name`: found {project.name!r}, expected a letter and up to 99 "
            f"letters, digits, `-`, `_` and `.`, and not {REGISTRY!r}: it names a "
            "folder of results and a model in the registry beside it"
        )
    if isinstance(project.drift.plan, str):
        plan = drift.load_drift_plan(path.parent / project.drift.plan)
        own = msgspec.structs.replace(project.drift, plan=plan)
        project = msgspec.structs.replace(project, drift=own)
    return project
