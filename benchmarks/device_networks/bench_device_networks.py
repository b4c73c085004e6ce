"""What does a whole network cost on a microcontroller?"""

from dataclasses import dataclass

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.device_kernels.measure import Counted, Workshop
from benchmarks.device_networks.compiled import COMPILED, compiled_network
from benchmarks.device_networks.networks import NETWORKS, Network
from benchmarks.harness import Case, Figure, Results, Table
from tests.c.cores import CORES

LEVEL = "-O2"
BUILDS = (
    ("m4f", "gcc"), ("m4f", "zig"), ("m7", "gcc"), ("m33", "gcc"), ("m55", "gcc"),
    ("m55", "zig"), ("m3", "gcc"), ("m0plus", "gcc"), ("rv32imc", "gcc"),
)  # fmt: skip
SOURCE = "CMSIS-NN 99f736a or onnx2c ea045cc, counted earlier, best of -O2 and -O3"


@dataclass(frozen=True, kw_only=True)
class Goal:
    """A share of what a peer, or our own network of all weights, takes."""

    network: str
    core: str
    compiler: str
    of: str
    share: float
    figure: int | None = None
    """Of the peer; None for the network of all weights."""


def _goals() -> tuple[Goal, ...]:
    rows = [
        ("autoencoder_s8", "m4f", "gcc", "CMSIS-NN", 0.75, 570_581),
        ("autoencoder_s8", "m7", "gcc", "CMSIS-NN", 0.75, 579_897),
        ("autoencoder_s8", "m33", "gcc", "CMSIS-NN", 0.75, 579_217),
        ("autoencoder_s8", "m55", "gcc", "CMSIS-NN", 0.95, 145_977),
        ("autoencoder_s8", "m55", "zig", "CMSIS-NN", 0.95, 59_951),
        ("convolutions_s8", "m4f", "gcc", "CMSIS-NN", 0.6, 2_065_424),
        ("convolutions_s8", "m55", "gcc", "CMSIS-NN", 0.7, 298_282),
        ("convolutions_s8", "m55", "zig", "CMSIS-NN", 0.7, 279_565),
        ("convolutions_f32", "m4f", "gcc", "onnx2c", 0.5, 4_556_108),
        ("autoencoder_s8_compiled", "m4f", "gcc", "CMSIS-NN", 0.75, 570_581),
        ("autoencoder_s8_compiled", "m55", "zig", "CMSIS-NN", 0.95, 59_951),
        ("convolutions_s8_compiled", "m4f", "gcc", "CMSIS-NN", 0.6, 2_065_424),
        ("convolutions_s8_compiled", "m55", "zig", "CMSIS-NN", 0.7, 279_565),
        ("convolutions_f32_compiled", "m4f", "gcc", "onnx2c", 0.5, 4_556_108),
    ]
    goals = [
        Goal(network=n, core=c, compiler=k, of=o, share=s, figure=f)
        for n, c, k, o, s, f in rows
    ]
    for name in ("autoencoder_s8_sparse", "convolutions_s8_sparse"):
        goals += [
            Goal(
                network=name, core=core, compiler=compiler, of="all weights", share=0.4
            )
            for core, compiler in (("m4f", "gcc"), ("m55", "zig"))
        ]
    return tuple(goals)


GOALS = _goals()
COMPILE_S = 5.0
"""CPU time that the compiler may take for a network."""
TABLES = {
    "goals": Table(
        f"**Against the goals**: instructions, *emulated*, {LEVEL}; peers at the best "
        "of their flags, by the same compiler. Missed goals say so.",
        ("network, core, compiler", "ours", "beside", "theirs", "ratio", "at most"),
        rows=len(GOALS),
    ),
    "counts": Table(
        f"**On every core**: instructions, *emulated*, {LEVEL}.",
        ("network", *(f"{core} {compiler}" for core, compiler in BUILDS)),
        rows=len(NETWORKS) + len(COMPILED),
    ),
    "compiled": Table(
        "**Networks, compiled** from ONNX with random weights to int8, or as they are; "
        f"instructions *emulated*, {LEVEL}; seconds of CPU time from the file to C, "
        f"calibration included (*measured*, at most {COMPILE_S:g}).",
        ("network", "products", "m4f gcc", "each", "m55 gcc", "each", "m55 zig", "each",
         "seconds"),
        rows=len(COMPILED),
    ),
    "memory": Table(
        "**Memory**, in bytes, gcc -O2: weights and lists of blocks, all constants, "
        "code of the library (*measured* on the linked image), stack (*emulated*).",
        ("network", "weights", "constants", "code, m4f", "code, m55", "stack, m4f",
         "stack, m55"),
        rows=len(NETWORKS) + len(COMPILED),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, results: Results) -> Workshop:
    for core, compiler in BUILDS:
        tool = CORES[core].target(compiler).missing()
        if tool is not None:
            results.missing.add(tool)
            pytest.skip(f"{tool} is not installed")
    return Workshop(tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="module")
def whole() -> dict[tuple[str, str, str], int]:
    """Instructions so far, by network, core and compiler."""
    return {}


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: network.kernel.name)
def test_network(
    benchmark: BenchmarkFixture,
    results: Results,
    workshop: Workshop,
    whole: dict[tuple[str, str, str], int],
    network: Network,
) -> None:
    found = _count(benchmark, results, workshop, network)
    name = network.kernel.name
    _hold_all(results, name, found, whole)


@pytest.mark.parametrize("name", COMPILED)
def test_compiled_network(
    benchmark: BenchmarkFixture,
    results: Results,
    workshop: Workshop,
    whole: dict[tuple[str, str, str], int],
    name: str,
) -> None:
    network, seconds = compiled_network(name)
    found = _count(benchmark, results, workshop, network)
    _hold_all(results, network.kernel.name, found, whole)
    cells: list[str] = [name, f"{network.macs:,}"]
    for build in (("m4f", "gcc"), ("m55", "gcc"), ("m55", "zig")):
        count = found[build].instructions
        cells += [f"{count:,}", f"{count / network.macs:.2f}"]
    case = Case(results, f"{name} compiled", network.kernel.data)
    figures = [
        case.figure("products", network.macs, "multiplications", "measured"),
        case.figure("compiling", seconds, "s", "measured"),
    ]
    results.row("compiled", [*cells, f"{seconds:.1f}"], figures)
    assert seconds <= COMPILE_S


def _count(
    benchmark: BenchmarkFixture, results: Results, workshop: Workshop, network: Network
) -> dict[tuple[str, str], Counted]:
    """Count a network in all builds: rows of the tables of counts and of memory."""
    name = network.kernel.name
    found: dict[tuple[str, str], Counted] = benchmark.pedantic(
        lambda: {
            (core, compiler): workshop.count(network.kernel, core, compiler, LEVEL)
            for core, compiler in BUILDS
        },
        rounds=1,
    )
    assert {counted.ram for counted in found.values()} == {0}
    case = Case(results, name, *(counted.program for counted in found.values()))
    results.row(
        "counts",
        [name, *(f"{counted.instructions:,}" for counted in found.values())],
        [
            case.figure(f"{core} {compiler}/instructions", counted.instructions,
                        "instructions", "emulated")
            for (core, compiler), counted in found.items()
        ],
    )  # fmt: skip
    small, large = found["m4f", "gcc"], found["m55", "gcc"]
    cells = {
        "weights": network.weight_bytes,
        "constants": small.constants,
        "code m4f": small.library,
        "code m55": large.library,
        "stack m4f": small.stack,
        "stack m55": large.stack,
    }
    results.row(
        "memory",
        [name, *(f"{value:,}" for value in cells.values())],
        [
            case.figure(what, value, "bytes",
                        "emulated" if what.startswith("stack") else "measured")
            for what, value in cells.items()
        ],
    )  # fmt: skip
    return found


def _hold_all(
    results: Results,
    name: str,
    found: dict[tuple[str, str], Counted],
    whole: dict[tuple[str, str, str], int],
) -> None:
    """Compare a network with its goals."""
    for build, counted in found.items():
        whole[(name, *build)] = counted.instructions
    for goal in GOALS:
        if goal.network == name:
            _hold(results, goal, whole)


def _hold(results: Results, goal: Goal, whole: dict[tuple[str, str, str], int]) -> None:
    build = goal.core, goal.compiler
    ours = whole[(goal.network, *build)]
    theirs = goal.figure or whole[(goal.network.removesuffix("_sparse"), *build)]
    figures = []
    if goal.figure is not None:
        figures.append(
            Figure(
                what=f"{goal.network}/{goal.core} {goal.compiler}/{goal.of}",
                value=goal.figure,
                unit="instructions",
                label="emulated",
                source=SOURCE,
            )
        )
    verdict = "" if ours <= goal.share * theirs else ": missed"
    results.row(
        "goals",
        [
            f"{goal.network}, {goal.core}, {goal.compiler}",
            f"{ours:,}",
            goal.of,
            f"{theirs:,}",
            f"{ours / theirs:.2f}",
            f"{goal.share:g}{verdict}",
        ],
        figures,
    )
