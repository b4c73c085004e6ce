"""How fast does the host extract features with the device's bits, beside its peers?"""

import hashlib
import importlib.util
import os
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.features_host import peers
from benchmarks.features_host.numpy_features import NumpyFeatures
from benchmarks.harness import Figure, Results, Table, Way, take_turns
from ecmkit import data, features
from ecmkit._core import batch, feat
from ecmkit.features import FeaturePlan, FeatureTable
from ecmkit.features.steps import device_plans

PLAN = Path(__file__).parent / "plan.toml"
LENGTHS = (1024, 4096)
WINDOWS = 512
ROUNDS = 20
TOGETHER = (8, 32)
"""Windows that the NumPy program takes at a time, besides all."""
FEW = 4
"""Windows a call of what takes long."""
FS_HZ, FILE_FS_HZ = 12000.0, 25600.0
ROWS = {
    "C engine": "ecmkit",
    "features.extract": "ecmkit through `features.extract`",
    "device": "the device's code, a window at a time",
    **{f"numpy {n}": f"NumPy/SciPy, {n} windows a call" for n in TOGETHER},
    "numpy 0": "NumPy/SciPy, a recording a call",
    "transforms": "ecmkit's own three transforms alone",
}
RECORDINGS = {"hour": (1, 60.0), "one": (1, 5.0), "four": (4, 5.0), "many": (16, 5.0)}
"""How many, of how many minutes."""
START = """
import atexit, pathlib
from ecmkit.cli import main

def note():
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    pathlib.Path("peak").write_text(next(s for s in lines if s.startswith("VmHWM")))

atexit.register(note)
main()
"""
"""The command, which notes its peak of memory: what a parent had does not count."""
FROM_HERE = os.environ | {"PYTHONPATH": str(Path(features.__file__).parents[2])}
TABLES = {
    **{
        f"plan {n}": Table(
            f"**The plan on windows of {n} samples of three channels**, one thread, "
            "*measured*. The last two columns are the time of each way over that of "
            "ecmkit in the same round.",
            ("way", "windows/s", "µs a window", "ratio", "quartiles"),
            rows=len(ROWS),
        )
        for n in LENGTHS
    },
    "libraries": Table(
        "**Libraries with sets of their own**, of the same windows of three channels, "
        "one thread, *measured*. The ratio is their time for a window over that of "
        "ecmkit's 180 features, in turn in one run.",
        ("library, samples", "features", "windows/s", "ratio"),
        rows=5,
    ),
    "instructions": Table(
        "**The plan of 1024 samples with narrower instructions**, *measured*.",
        ("instructions", "µs a window", "ratio"),
        rows=batch.isa() + 1,
    ),
    "files": Table(
        "**`ecmkit features extract`** of the plan from WAV files of 16 bits, three "
        "channels at 25.6 kHz, to Parquet, `--threads 2`, *measured*: the whole "
        "command, with imports; memory is the peak of what was resident.",
        ("recordings", "windows", "s", "s of processors", "MB"),
        rows=len(RECORDINGS),
    ),
}
# Largest difference of a feature from float64, as a share of its largest value.
TOLERANCE = 5e-5

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Case:
    """Windows of a length: the plan and a recording of three simulated bearings."""

    plan: FeaturePlan
    x: Array
    speed_hz: float

    @property
    def windows(self) -> Array:
        """Shape (WINDOWS, 3, window_len), those that have features."""
        n, hop = self.plan.window_len, self.plan.hop_len
        w = np.lib.stride_tricks.sliding_window_view(self.x, n, axis=1)[:, ::hop]
        return np.ascontiguousarray(w[:, -WINDOWS:].swapaxes(0, 1))

    @cached_property
    def plans(self) -> list[feat.Plan]:
        return device_plans(self.plan.contract())

    def in_c(self, isa: int | None = None) -> Array:
        """Rows of windows that have features, by the engine."""
        at = data.starts(
            self.x.shape[1], length=self.plan.window_len, hop=self.plan.hop_len
        )
        speed = np.full(len(at), self.speed_hz, np.float32)
        columns = []
        for plan, x in zip(self.plans, self.x, strict=True):
            out = np.empty((len(at), plan.n_features), np.float32)
            feat.Runner(plan, isa).frames(x, speed, out, np.ones(len(at), np.uint8))
            columns.append(out[-WINDOWS:])
        return np.concatenate(columns, axis=1)

    @cached_property
    def dataset(self) -> data.Dataset:
        info = data.RecordingInfo(
            id="a", machine="m", label="normal", unit="g", fs_hz=self.plan.fs_hz,
            range=self.plan.range, speed_hz=self.speed_hz,
        )  # fmt: skip
        recording = data.Recording(info=info, channels=self.plan.channels, x=self.x)
        return data.Dataset((recording,))

    def extracted(self) -> FeatureTable:
        return features.extract(self.dataset, self.plan)


def case_of(length: int) -> Case:
    plan = msgspec.structs.replace(
        features.load_plan(PLAN), window_len=length, hop_len=length // 2
    )
    n = plan.span_len + (WINDOWS - 1) * plan.hop_len
    rig = data.SimulatorConfig(
        scenario=tuple(
            data.Scenario(label=s, fault_size=mm, machines=1, duration_s=n / plan.fs_hz)
            for s, mm in (("normal", 0.0), ("inner", 0.4), ("outer", 0.4))
        )
    )
    made = list(data.simulate(rig, seed=1))
    x = np.stack([r.x[0, :n] for r in made])
    return Case(plan, np.ascontiguousarray(x, np.float32), made[1].info.speed_hz)


def transforms(plan: FeaturePlan) -> Callable[[], None]:
    """The three transforms of 32 windows of each channel, from rows to rows."""
    envelope, rng = plan.contract().envelope, np.random.default_rng(0)
    assert envelope is not None
    isa = batch.isa()
    shapes = (plan.window_len, 2 * envelope.m, envelope.len)
    pairs = [
        (rng.standard_normal((32, n), np.float32), np.empty((32, n), np.float32))
        for n in shapes
    ]
    window = batch.Plan(plan.window_len // 2, isa)
    inverse = batch.ComplexPlan(envelope.m, True, isa)
    history = batch.Plan(envelope.len // 2, isa)

    def run() -> None:
        for _ in range(3 * WINDOWS // 32):
            window.packed_f32(pairs[0][0], None, 1, pairs[0][1])
            inverse.c2c_f32(pairs[1][0], 1, pairs[1][1])
            history.packed_f32(pairs[2][0], None, 1, pairs[2][1])

    return run


def error(found: NDArray[np.generic], truth: NDArray[np.float64]) -> float:
    return float((np.abs(found - truth) / np.abs(truth).max(0)).max())


def figure(what: str, value: float, unit: str) -> Figure:
    return Figure(what=what, value=float(f"{value:.4g}"), unit=unit, label="measured")


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("length", LENGTHS)
def test_plan(length: int, results: Results, benchmark: BenchmarkFixture) -> None:
    case = case_of(length)
    results.inputs[f"recording of {length}"] = hashlib.sha256(case.x).hexdigest()
    numpy = {n: NumpyFeatures(case.plan, windows=n) for n in (*TOGETHER, 0)}
    truth = NumpyFeatures(case.plan, windows=32, dtype=np.float64)(
        case.x, case.speed_hz
    )
    assert truth.shape == (WINDOWS, len(case.plan.rows))
    found = {n: error(way(case.x, case.speed_hz), truth) for n, way in numpy.items()}
    ours = error(case.in_c(), truth)
    assert max(ours, *found.values()) < TOLERANCE, (ours, found)
    assert (case.in_c(0).view(np.uint32) == case.in_c().view(np.uint32)).all()
    assert (case.extracted().x.view(np.uint32) == case.in_c().view(np.uint32)).all()
    ways: dict[str, Way] = {
        "C engine": (case.in_c, WINDOWS),
        "features.extract": (case.extracted, WINDOWS),
        "device": (partial(case.in_c, 0), WINDOWS),
        **{
            f"numpy {n}": (partial(way, case.x, case.speed_hz), WINDOWS)
            for n, way in numpy.items()
        },
        "transforms": (transforms(case.plan), WINDOWS),
    }
    sided = take_turns(benchmark, ways, rounds=ROUNDS)
    figures = sided.figures(f"plan {length}", 1, "window")
    figures.append(figure(f"plan {length}/features", len(case.plan.rows), "1"))
    figures.append(figure(f"plan {length}/error", ours, "1"))
    for name, shown in ROWS.items():
        us, (low, ratio, high) = sided.typical(name) * 1e6, sided.ratio(name)
        cells = [shown, f"{1e6 / us:,.0f}", f"{us:.1f}", f"{ratio:.2f}"]
        results.row(f"plan {length}", [*cells, f"{low:.2f} to {high:.2f}"], figures)
        figures = []


def cmsis(case: Case) -> tuple[Way, int]:
    """CMSIS-DSP by its binding, once it agrees with ours."""
    way = peers.CmsisFeatures(case.plan)
    windows = case.windows[:64].reshape(-1, case.plan.window_len)
    found = way(windows)
    names = [row.name.removeprefix("DE_") for row in case.plan.rows]
    ours = case.in_c()[:64].reshape(len(windows), -1).astype(np.float64)
    for name in found[0]:
        theirs = np.array([one[name] for one in found])
        assert error(theirs, ours[:, names.index(name)]) < 1e-3, name
    return (partial(way, windows), 64), 3 * len(found[0])


def by_frames(
    library: Callable[..., Callable[[], int]], *settings: float
) -> Callable[[Case], tuple[Way, int]]:
    """Windows by a library with features of its own."""

    def made(case: Case) -> tuple[Way, int]:
        run = library(case.windows[:FEW], *settings)
        return (run, FEW), run()

    return made


LIBRARIES: dict[str, tuple[str, int, int, Callable[[Case], tuple[Way, int]]]] = {
    "CMSIS-DSP, 1024": ("cmsisdsp", 1024, ROUNDS, cmsis),
    "CMSIS-DSP, 4096": ("cmsisdsp", 4096, ROUNDS, cmsis),
    "TSFEL default, 1024": ("tsfel", 1024, 5, by_frames(peers.tsfel, FS_HZ)),
    "TSFEL default, 4096": ("tsfel", 4096, 5, by_frames(peers.tsfel, FS_HZ)),
    "tsfresh efficient, 1024": ("tsfresh", 1024, 3, by_frames(peers.tsfresh)),
}


@pytest.mark.timeout(1200)
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", LIBRARIES)
def test_libraries(name: str, results: Results, benchmark: BenchmarkFixture) -> None:
    module, length, rounds, make = LIBRARIES[name]
    if importlib.util.find_spec(module) is None:
        results.missing.add(module)
        pytest.skip(f"{module} is not installed: the recorded answer stays as it is")
    case = case_of(length)
    way, count = make(case)
    ways = {"ecmkit": (case.in_c, WINDOWS), name: way}
    sided = take_turns(benchmark, ways, rounds=rounds)
    seconds, ratio = sided.typical(name), sided.ratio(name)[1]
    results.row(
        "libraries",
        (name, f"{count:,}", f"{1 / seconds:,.1f}", f"{ratio:,.1f}"),
        [
            *sided.figures(f"libraries/{name}", 1, "window"),
            figure(f"libraries/{name}/features", count, "1"),
        ],
    )


def test_instructions(results: Results, benchmark: BenchmarkFixture) -> None:
    case = case_of(LENGTHS[0])
    widest = batch.isa()
    ways: dict[str, Way] = {
        batch.isa_name(isa): (partial(case.in_c, isa), WINDOWS)
        for isa in range(widest, -1, -1)
    }
    sided = take_turns(benchmark, ways, rounds=ROUNDS)
    figures = sided.figures("instructions", 1, "window")
    first = next(iter(ways))
    for name in reversed(ways):
        ratio = 1.0 if name == first else sided.ratio(name)[1]
        us = sided.typical(name) * 1e6
        results.row("instructions", (name, f"{us:.1f}", f"{ratio:.2f}"), figures)
        figures = []


# ---- files ------------------------------------------------------------------------


def write_recordings(folder: Path, count: int, seconds: float) -> None:
    """Noise with a pulse a turn, in WAV files and an index."""
    rng, lines = np.random.default_rng(count), []
    second = (2000 * rng.standard_normal((3 * int(FILE_FS_HZ), 3))).astype("<i2")
    second[:: int(FILE_FS_HZ) // 30] += 9000
    for i in range(count):
        with wave.open(str(folder / f"{i}.wav"), "wb") as file:
            file.setnchannels(3)
            file.setsampwidth(2)
            file.setframerate(int(FILE_FS_HZ))
            for at in range(int(seconds) // 3):
                file.writeframes(np.roll(second, 977 * at, axis=0).tobytes())
        lines.append(
            f'[[recording]]\nfile = "{i}.wav"\nchannels = {{DE = 1, FE = 2, BA = 3}}\n'
            f'fs_hz = {FILE_FS_HZ}\nunit = "g"\nscale = 16.0\nspeed_hz = 30.0\n'
            f'machine = "m{i}"\nlabel = "normal"\n'
        )
    (folder / "recordings.toml").write_text("\n".join(lines))


def write_plan(path: Path) -> None:
    path.write_text(
        PLAN.read_text("utf-8").replace(f"fs_hz = {FS_HZ}", f"fs_hz = {FILE_FS_HZ}")
    )


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", RECORDINGS)
def test_files(
    name: str, results: Results, benchmark: BenchmarkFixture, tmp_path: Path
) -> None:
    count, minutes = RECORDINGS[name]
    write_recordings(tmp_path, count, 60 * minutes)
    write_plan(tmp_path / "plan.toml")
    plan = features.load_plan(tmp_path / "plan.toml")
    out = tmp_path / "out.parquet"
    command = [sys.executable, "-c", START, "features", "extract", "plan.toml"]
    command += ["--data", ".", "--out", str(out), "--threads", "2"]
    found: dict[str, float] = {}

    def run() -> None:
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=tmp_path, env=FROM_HERE)
        _, status, used = os.wait4(process.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        found["wall"] = time.perf_counter() - begin
        found["processors"] = used.ru_utime + used.ru_stime
        found["memory"] = int((tmp_path / "peak").read_text().split()[1]) * 1024 / 1e6

    benchmark.pedantic(run, rounds=1)
    each = int(60 * minutes * FILE_FS_HZ)
    n = pq.read_metadata(out).num_rows
    assert n == count * ((each - plan.span_len) // plan.hop_len + 1)
    shown = f"{count} of {minutes:g} min"
    results.row(
        "files",
        (shown, f"{n:,}", f"{found['wall']:.1f}", f"{found['processors']:.1f}",
         f"{found['memory']:.0f}"),
        [figure(f"files/{shown}/{what}", value, "MB" if what == "memory" else "s")
         for what, value in found.items()],
    )  # fmt: skip
