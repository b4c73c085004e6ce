"""Does a complete package fit its boards, and what does it cost beside its parts?"""

import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.device_kernels.measure import Workshop
from benchmarks.harness import Case, Results, Table
from benchmarks.package_sizes.applications import Complete, Size, complete
from benchmarks.package_sizes.parts import parts
from ecmkit import bench, package
from ecmkit.bench.stream import PUSH, STEP
from ecmkit.targets import load_target
from tests.c import build as c_build
from tests.c.cores import CORES

INTEGERS = package.Queue(samples="int16")
SHORT = package.Queue(samples="int16", len=384)
TURNS = package.Queue(channels="in-turn", len=64)
RATIO = 1.1
"""That a window may take of the sum of its parts."""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A package, and what it may take of its board."""

    name: str
    board: str
    size: Size
    flash_kib: float
    ram_kib: float
    core: str = ""
    """On which its parts are counted; empty: they are not."""
    tool: str = "arm-none-eabi-gcc"


FLOATS = Size(profile="f32", window_len=1024, hop_len=512, channels=3)
Q15 = Size(profile="q15", window_len=512, hop_len=256, channels=3)
M4F = {"board": "mps2-an386", "flash_kib": 40, "ram_kib": 20}
M0 = {"board": "mps2-an385-m0plus", "flash_kib": 36, "ram_kib": 8}
GOALS = (
    Goal(name="M4F, 3 x 1024 f32", size=FLOATS, **M4F),
    Goal(
        name="M4F, 3 x 1024 f32, integers queued",
        size=msgspec.structs.replace(FLOATS, queue=INTEGERS),
        **M4F,
    ),
    Goal(
        name="M4F, 3 x 1024 f32, integers queued, 384 to spare",
        size=msgspec.structs.replace(FLOATS, queue=SHORT),
        core="m4f",
        **M4F,
    ),
    Goal(name="M0+, 3 x 512 q15", size=Q15, core="m0plus", **M0),
    Goal(
        name="M0+, 3 x 512 q15, in turn, 64 to spare",
        size=msgspec.structs.replace(Q15, queue=TURNS),
        **M0,
    ),
    Goal(
        name="ATmega2560, 1 x 256 q15",
        board="arduino-mega2560",
        size=Size(
            profile="q15",
            window_len=256,
            hop_len=256,
            channels=1,
            fs_hz=2560.0,
            forests="inline",
        ),
        flash_kib=256,
        ram_kib=8,
        tool="avr-gcc",
    ),
)
COUNTED = tuple(goal for goal in GOALS if goal.core)
PARTS = (
    "push", "copy", "judge", "features", "forest", "monitors", "counters",
)  # fmt: skip
TABLES = {
    "sizes": Table(
        "**Flash and RAM**: flash and variables *measured* on the linked image, stack "
        "in use *emulated*, RAM is both. Missed goals say so. The clock from which no "
        "sample is lost, *estimated*: windows are computed as fast as they come, and a "
        "queue that is shorter than a hop has room for what comes meanwhile.",
        ("package", "flash [KiB]", "at most", "RAM [KiB]", "at most ", "stack [B]",
         "clock [MHz]"),
        rows=len(GOALS),
    ),
    "memory": Table(
        "**Where the RAM goes**: bytes, *measured*.",
        ("package", "queues", "window", "work", "counters", "monitors", "states",
         "channels and rest"),
        rows=len(GOALS),
    ),
    "parts": Table(
        "**A window beside its parts**: instructions, *emulated*.",
        ("package", *PARTS, "sum", "whole", "of the sum", "at most"),
        rows=len(COUNTED),
    ),
}  # fmt: skip


@cache
def made(goal: Goal) -> Complete:
    """Train and calibrate once."""
    return complete(goal.size)


def needs(tool: str, results: Results) -> None:
    """Leave a row out where the compiler is missing; the answer is then not kept."""
    if shutil.which(tool) is None:
        results.missing.add(tool)
        pytest.skip(f"{tool} is not installed")


def shown(value: float, most: float) -> str:
    """Show a limit, and whether it is passed."""
    return f"{most:g}" if value <= most else f"{most:g}: missed"


@pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.name)
def test_sizes(
    benchmark: BenchmarkFixture, results: Results, goal: Goal, tmp_path: Path
) -> None:
    needs(goal.tool, results)
    one, target = made(goal), load_target(goal.board)
    pack = package.build(one.app, target=target, out=tmp_path / "basic")
    report = benchmark.pedantic(
        bench.gate,
        args=(pack,),
        kwargs={"target": target, "golden": one.golden, "budget": bench.Budget()},
        rounds=1,
    )
    assert report.parity.differences == 0, report.parity.first
    rows = {row.what: row for row in report.rows}
    case = Case(results, goal.name, pack.id, one.golden.x)
    flash, ram, stack = (rows[what] for what in ("flash", "ram", "stack"))
    full = max(rows[what].value for what in ("cpu", "queue") if what in rows)
    clock = target.clock.hz / 1e6 * full / 100
    results.row(
        "sizes",
        [
            goal.name,
            f"{flash.value:.1f}",
            shown(flash.value, goal.flash_kib),
            f"{ram.value:.1f}",
            shown(ram.value, goal.ram_kib),
            f"{stack.value:,.0f}",
            f"{clock:.0f}",
        ],
        [
            *(
                case.figure(r.what, r.value, r.unit, r.label)
                for r in (flash, ram, stack)
            ),
            case.figure("clock", clock, "MHz", "estimated"),
        ],
    )
    memory = pack.manifest.memory
    sizes = {
        "queues": 4 * memory.rings_len * memory.ring_floats,
        "window": 4 * memory.window_floats,
        "work": 4 * memory.work_len,
        "counters": 4 * memory.dist_words,
        "monitors": 4 * memory.monitor_words,
        "states": 4 * memory.state_len,
    }
    image = bench.read_image(pack.firmware, target)
    sizes["rest"] = image.ram_bytes - sum(sizes.values())
    results.row(
        "memory",
        [goal.name, *(f"{value:,}" for value in sizes.values())],
        [
            case.figure(f"memory/{name}", value, "B", "measured")
            for name, value in sizes.items()
        ],
    )


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("parts"))


@pytest.mark.parametrize("goal", COUNTED, ids=lambda goal: goal.name)
def test_parts(
    benchmark: BenchmarkFixture,
    results: Results,
    workshop: Workshop,
    goal: Goal,
    tmp_path: Path,
) -> None:
    needs(goal.tool, results)
    one, target = made(goal), load_target(goal.board)
    missing = CORES[goal.core].target("gcc").missing()
    if missing:
        results.missing.add(missing)
        pytest.skip(f"{missing} is not installed")
    pack = package.build(one.app, target=target, out=tmp_path / "basic")
    measured = benchmark.pedantic(bench.run, args=(pack, target, one.golden), rounds=1)
    segments, first = measured.segments, pack.manifest.memory.warm_len
    inside = (segments["stage"] == PUSH) | (segments["stage"] >= STEP)
    whole = int(
        median(
            int(segments["count"][inside & (segments["window"] == window)].sum())
            for window in range(first + 1, first + len(measured.run.events))
        )
    )
    features = np.asarray(measured.run.features[-1])
    optimise = target.build.optimise
    counts = {}
    for name, kernels in parts(one.app, features).items():
        try:
            found = [
                workshop.count(kernel, goal.core, "gcc", optimise) for kernel in kernels
            ]
        except c_build.FailedError as error:
            pytest.fail(str(error))
        counts[name] = sum(part.instructions for part in found)
    total = sum(counts.values())
    case = Case(results, f"{goal.name}, parts", pack.id, one.golden.x)
    results.row(
        "parts",
        [
            goal.name,
            *(f"{counts[name]:,}" for name in PARTS),
            f"{total:,}",
            f"{whole:,}",
            f"{whole / total:.3f}",
            shown(whole / total, RATIO),
        ],
        [
            case.figure(name, value, "instructions", "emulated")
            for name, value in {**counts, "sum": total, "whole": whole}.items()
        ],
    )
