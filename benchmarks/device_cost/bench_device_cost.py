"""What does the demo's application cost on a microcontroller, and where does it go?"""

import importlib.util
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from statistics import median

import msgspec
import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.device_cost.demo import Demo, build_demo
from benchmarks.harness import Case, Results, Table
from ecmkit import bench, package
from ecmkit.bench.cycles import estimate_cycles
from ecmkit.bench.profile import function_counts
from ecmkit.bench.stream import PUSH, STEP
from ecmkit.formats import content_hash
from ecmkit.targets import Target, load_target

BOARDS = ("nucleo-f401re", "mps2-an386", "mps2-an505")
APPLICATIONS = [
    *((board, compiler, "-Os") for board in BOARDS for compiler in ("gcc", "zig")),
    ("nucleo-f401re", "gcc", "-O2"),
    ("nucleo-f401re", "gcc", "-O3"),
]
STAGES = (
    "push", "fetch and judge", "time", "transform", "power", "bands", "entropy",
    "envelope", "classifier", "distance", "reconstruction", "monitors",
)  # fmt: skip
FUNCTIONS = 10
SHARES = ("nucleo-f401re", "mps2-an505")
WINDOWS = 4
TABLES = {
    "application": Table(
        "**The whole application.** Flash is *measured* on the linked image; RAM "
        "(variables and the stack in use), stack and instructions are *emulated*. The "
        "first window is the most expensive one, since all of its samples are judged; "
        "a later one judges its hop.",
        ("target, compiler", "flash [KiB]", "RAM [KiB]", "stack [B]",
         "instructions, first window", "instructions, later window"),
        rows=len(APPLICATIONS),
    ),
    "stages": Table(
        "**Stages of a later window**: instructions, *emulated*.",
        ("target, compiler", *STAGES),
        rows=len(APPLICATIONS),
    ),
    "functions": Table(
        "**Functions**: share of a later window's instructions on nucleo-f401re, "
        "gcc -Os, *emulated*.",
        ("function", "share"),
        rows=FUNCTIONS,
    ),
    "share": Table(
        "**Share of the processor**, gcc -Os, a window every 2048 samples at 12 kHz: "
        "*estimated* from the emulated instructions and the tables of cycles in "
        "`targets/cycles`.",
        ("target", "clock [MHz]", "instructions", "cycles", "cycles an instruction",
         "share"),
        rows=len(SHARES),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, results: Results) -> Demo:
    made = build_demo(tmp_path_factory.mktemp("demo"), windows=WINDOWS)
    results.inputs["application"] = made.app.model_id
    results.inputs["golden"] = content_hash(made.golden.x)
    return made


def build(
    app: package.Application, board: str, compiler: str, optimise: str, folder: Path
) -> tuple[package.Package, Target]:
    target = load_target(board)
    settings = msgspec.structs.replace(target.build, optimise=optimise)
    target = msgspec.structs.replace(target, build=settings)
    out = folder / f"{board}{compiler}{optimise}"
    return package.build(app, target=target, out=out, compiler=compiler), target


def needs(compiler: str, results: Results) -> None:
    """Leave a row out where the compiler is missing; the answer is then not kept."""
    here = {
        "gcc": shutil.which("arm-none-eabi-gcc") is not None,
        "zig": importlib.util.find_spec("ziglang") is not None,
    }
    if not here[compiler]:
        results.missing.add(compiler)
        pytest.skip(f"{compiler} is not installed")


def per_window(
    pack: package.Package, measured: bench.Measurement, stages: Iterable[int]
) -> list[int]:
    """Instructions in some stages of each window with an event, the first left out.

    The windows before it only fill the history of the features.
    """
    first = pack.manifest.memory.warm_len
    segments = measured.segments[np.isin(measured.segments["stage"], list(stages))]
    return [
        int(segments["count"][segments["window"] == window].sum())
        for window in range(first + 1, first + len(measured.run.events))
    ]


@pytest.mark.parametrize(("board", "compiler", "optimise"), APPLICATIONS)
def test_application(
    benchmark: BenchmarkFixture,
    results: Results,
    demo: Demo,
    tmp_path: Path,
    board: str,
    compiler: str,
    optimise: str,
) -> None:
    needs(compiler, results)
    pack, target = build(demo.app, board, compiler, optimise, tmp_path)
    judged = bench.gate(pack, target=target, golden=demo.golden, budget=bench.Budget())
    assert judged.parity.differences == 0, judged.parity.first
    measured = benchmark.pedantic(bench.run, args=(pack, target, demo.golden), rounds=1)
    name = f"{board} {compiler} {optimise}"
    case = Case(results, name, pack.id, demo.golden.x)
    rows = {row.what: row for row in judged.rows if row.what != "parity"}
    figures = [
        case.figure(row.what, row.value, row.unit, row.label) for row in rows.values()
    ]
    assert [stage.name for stage in judged.stages[: len(STAGES)]] == list(STAGES)
    numbers = (PUSH, *range(STEP, STEP + len(STAGES) - 1))
    later = int(median(per_window(pack, measured, numbers)))
    figures.append(case.figure("later window", later, "instructions", "emulated"))
    results.row(
        "application",
        [
            name,
            *(f"{rows[what].value:.1f}" for what in ("flash", "ram")),
            f"{rows['stack'].value:,.0f}",
            f"{rows['instructions per window'].value:,.0f}",
            f"{later:,}",
        ],
        figures,
    )
    counts = [int(median(per_window(pack, measured, [n]))) for n in numbers]
    results.row(
        "stages",
        [name, *(f"{count:,}" for count in counts)],
        [
            case.figure(f"stage/{stage}", count, "instructions", "emulated")
            for stage, count in zip(STAGES, counts, strict=True)
        ],
    )


def later_window(pack: package.Package, measured: bench.Measurement) -> list[int]:
    """Segments of the last window with an event."""
    window = pack.manifest.memory.warm_len + len(measured.run.events) - 1
    segments = measured.segments
    inside = (segments["window"] == window) & (
        (segments["stage"] == PUSH) | (segments["stage"] >= STEP)
    )
    return [int(i) for i in np.flatnonzero(inside)]


@pytest.mark.parametrize("board", SHARES)
def test_share(
    benchmark: BenchmarkFixture,
    results: Results,
    demo: Demo,
    tmp_path: Path,
    board: str,
) -> None:
    needs("gcc", results)
    pack, target = build(demo.app, board, "gcc", "-Os", tmp_path)
    measured = benchmark.pedantic(bench.run, args=(pack, target, demo.golden), rounds=1)
    segments = later_window(pack, measured)
    image = bench.read_image(pack.firmware, target)
    hop_s = pack.contract.hop_len / pack.contract.fs_hz
    estimate = estimate_cycles(measured, image, target, segments, hop_s=hop_s)
    assert estimate is not None
    later = int(measured.segments["count"][segments].sum())
    name = f"{board} gcc -Os"
    case = Case(results, name, pack.id, demo.golden.x)
    ranges = {
        "cycles": estimate.cycles,
        "cycles an instruction": [cycles / later for cycles in estimate.cycles],
        "share": [percent / 100 for percent in estimate.cpu_percent],
    }
    units = {"cycles": "cycles", "cycles an instruction": "1", "share": "1"}
    results.row(
        "share",
        [
            board,
            f"{target.clock.hz / 1e6:g}",
            f"{later:,}",
            "{:,.0f} to {:,.0f}".format(*(round(c, -4) for c in ranges["cycles"])),
            "{:.2f} to {:.2f}".format(*ranges["cycles an instruction"]),
            "{:.0%} to {:.0%}".format(*ranges["share"]),
        ],
        [
            case.figure(f"{what}/{end}", float(f"{value:.4g}"), units[what],
                        "estimated")
            for what, pair in ranges.items()
            for end, value in zip(("least", "most"), pair, strict=True)
        ],
    )  # fmt: skip
    if board != SHARES[0]:
        return
    functions = Counter[str]()
    for one in function_counts(measured, image, {"window": segments}):
        functions[one.name] += one.count
    for function, count in functions.most_common(FUNCTIONS):
        figure = case.figure(
            f"later window/{function}", count, "instructions", "emulated"
        )
        results.row("functions", [function, f"{count / later:.1%}"], [figure])
