"""Complete applications: ready plan, forest, monitors; nothing is left out of them."""

from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit import bench, drift, package, train
from ecmkit.data import Dataset, Recording, RecordingInfo
from ecmkit.features import Feature, FeaturePlan, load_plan
from ecmkit.graph import ForestForm
from ecmkit.package.sources import memory_of

__all__ = ["Complete", "Size", "complete"]

CHANNELS = ("x", "y", "z")
CLASSES = ("normal", "unbalance", "impacts")
TREES, DEPTH = 10, 6
RECORDINGS, WINDOWS = 4, 80
"""Of each class; windows with features of each recording."""


@dataclass(frozen=True)
class Complete:
    """What is built for a target, and the signal that it is run on."""

    app: package.Application
    golden: bench.Golden


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """Of an application of the plan ``vibration-basic``."""

    profile: Literal["f32", "q15"]
    window_len: int
    hop_len: int
    channels: int
    """One to three."""
    fs_hz: float = 25600.0
    """Bands are as wide in shares of it."""
    queue: package.Queue = package.Queue()
    forests: ForestForm | None = None


def complete(size: Size) -> Complete:
    """Train and calibrate an application."""
    ready, channels = load_plan("vibration-basic"), CHANNELS[: size.channels]
    single = size.channels == 1
    plan = msgspec.structs.replace(
        ready,
        profile=size.profile,
        fs_hz=size.fs_hz,
        window_len=size.window_len,
        hop_len=size.hop_len,
        channel=channels[0] if single else None,
        channels=() if single else channels,
        features=_scaled(ready, size.fs_hz / ready.fs_hz),
    )
    recordings = [
        _recording(plan, label, number)
        for label in CLASSES
        for number in range(RECORDINGS)
    ]
    table = plan.extract(Dataset(tuple(recordings)))
    forest = train.fit(
        table, family="random-forest", seed=0, n_trees=TREES, max_depth=DEPTH
    ).compile(forests=size.forests)
    healthy = table.rows(table.label == CLASSES[0])
    monitors = drift.calibrate(
        healthy,
        drift.DriftPlan(
            features=("rms",) if single else ("?_rms",),
            false_alarms=2000.0,
            per="detector",
            detectors=(
                drift.PlanDetector(kind="mean"),
                drift.PlanDetector(kind="distribution", bins=16, window=64),
            ),
        ),
        seed=0,
    )
    app = package.Application(
        name="basic",
        contract=plan.contract(),
        models=(forest,),
        watches=(),
        reference=drift.reference_bins(healthy),
        drift=monitors,
        queue=size.queue,
    )
    memory = memory_of(app)
    x = recordings[-1].x
    if memory.in_turn:  # each channel takes a stretch of its own
        x = np.tile(x, (1, -(-memory.span_len // x.shape[1])))
    length = memory.span_len + (0 if memory.in_turn else 3 * plan.hop_len)
    golden = bench.Golden(x=np.ascontiguousarray(x[:, :length]))
    return Complete(app, golden)


def _scaled(plan: FeaturePlan, factor: float) -> tuple[str | Feature, ...]:
    """Return the features of a plan with bands at another rate."""
    return tuple(
        row
        if isinstance(row, str) or row.bands_hz is None
        else msgspec.structs.replace(
            row, bands_hz=tuple((lo * factor, hi * factor) for lo, hi in row.bands_hz)
        )
        for row in plan.features
    )


def _recording(plan: FeaturePlan, label: str, number: int) -> Recording:
    length = plan.span_len + (WINDOWS - 1) * plan.hop_len
    info = RecordingInfo(
        id=f"{label}-{number}", machine="rig", label=label, unit=plan.unit,
        fs_hz=plan.fs_hz, range=plan.range,
    )  # fmt: skip
    x = np.stack([
        _signal(label, length, plan.fs_hz, seed=100 * number + i)
        for i in range(len(plan.all_channels))
    ])  # fmt: skip
    return Recording(info=info, channels=plan.all_channels, x=x)


def _signal(label: str, n: int, fs_hz: float, *, seed: int) -> NDArray[np.float32]:
    """Noise [g]; with a tone of the shaft, or with impacts that ring."""
    random = np.random.default_rng([seed, CLASSES.index(label)])
    time = np.arange(n) / fs_hz
    x = random.normal(0.0, 0.5, n)
    size = random.uniform(0.5, 1.5)
    if label == "unbalance":
        x += size * np.sin(2 * np.pi * 50.0 * time)
    elif label == "impacts":
        since = time % (1 / 87.0)
        x += 2 * size * np.exp(-900.0 * since) * np.sin(2 * np.pi * 4000.0 * since)
    return x.astype(np.float32)
