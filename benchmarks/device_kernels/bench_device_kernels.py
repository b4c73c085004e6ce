"""What does each C kernel cost on a microcontroller?"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.device_kernels.goals import GOALS
from benchmarks.device_kernels.kernels import KERNELS, PEERS, Kernel
from benchmarks.device_kernels.measure import Counted, Workshop
from benchmarks.harness import Case, Figure, Results, Table
from tests.c.cores import CORES

LEVEL = "-O2"
BUILDS = (
    ("m4f", "gcc"), ("m4f", "zig"), ("m7", "gcc"), ("m33", "gcc"), ("m55", "gcc"),
    ("m3", "gcc"), ("m0plus", "gcc"), ("rv32imc", "gcc"),
)  # fmt: skip
SMALL = ("m4f", "m0plus")
COMPARED = ("m4f", "m55")
COMPARISONS = [
    (kernel, core)
    for core in COMPARED
    for kernel in KERNELS
    if any(core in counts for counts in kernel.peers.values())
]
TABLES = {
    "goals": Table(
        f"**Against the goals**, gcc {LEVEL}: instructions are *emulated*, flash is "
        "*measured*. Missed goals say so.",
        ("kernel, core", "what", "figure", "at most", "that is", "reached"),
        rows=len(GOALS),
    ),
    "peers": Table(
        f"**Beside others**: instructions, *emulated*, gcc {LEVEL}. The ratio is to "
        "the best of them; they were counted earlier, at the best of their flags.",
        ("kernel, core", "ours", *PEERS, "ratio"),
        rows=len(COMPARISONS),
    ),
    "counts": Table(
        f"**On every core**: instructions, *emulated*, {LEVEL}, for one of what the "
        "second column says.",
        ("kernel", "for a", *(f"{core} {compiler}" for core, compiler in BUILDS)),
        rows=len(KERNELS),
    ),
    "memory": Table(
        f"**Memory**, gcc {LEVEL}: flash of our code and tables, and of the compiler's "
        "own routines that they need (*measured* on the linked image), and stack "
        "(*emulated*), in bytes. No kernel has variables of its own: RAM is what its "
        "caller gives it, and the stack.",
        ("kernel", *(f"{core} {what}" for core in SMALL
                     for what in ("flash", "compiler's", "stack"))),
        rows=len(KERNELS),
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory, results: Results) -> Workshop:
    for core, compiler in BUILDS:
        tool = CORES[core].target(compiler).missing()
        if tool is not None:
            results.missing.add(tool)
            pytest.skip(f"{tool} is not installed")
    return Workshop(tmp_path_factory.mktemp("kernels"))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_kernel(
    benchmark: BenchmarkFixture, results: Results, workshop: Workshop, kernel: Kernel
) -> None:
    found: dict[tuple[str, str], Counted] = benchmark.pedantic(
        lambda: {
            (core, compiler): workshop.count(kernel, core, compiler, LEVEL)
            for core, compiler in BUILDS
        },
        rounds=1,
    )
    assert {counted.ram for counted in found.values()} == {0}
    case = Case(results, kernel.name, *(counted.program for counted in found.values()))
    results.row(
        "counts",
        [kernel.name, kernel.unit, *(_share(c, kernel) for c in found.values())],
        [
            case.figure(f"{core} {compiler}/instructions", counted.instructions,
                        "instructions", "emulated")
            for (core, compiler), counted in found.items()
        ],
    )  # fmt: skip
    small = [(core, found[core, "gcc"]) for core in SMALL]
    results.row(
        "memory",
        [
            kernel.name,
            *(
                f"{value:,}"
                for _, counted in small
                for value in (counted.flash - counted.compiler, counted.compiler,
                              counted.stack)
            ),
        ],
        [
            case.figure(f"{core}/{what}", value, "bytes", label)
            for core, counted in small
            for what, value, label in (
                ("flash", counted.flash - counted.compiler, "measured"),
                ("compiler's flash", counted.compiler, "measured"),
                ("stack", counted.stack, "emulated"),
            )
        ],
    )  # fmt: skip
    for goal in GOALS:
        if goal.kernel == kernel.name:
            value = goal.value(found[goal.core, "gcc"])
            results.row(
                "goals",
                [
                    f"{goal.kernel}, {goal.core}",
                    goal.what,
                    f"{value:,}",
                    f"{goal.most:,}",
                    goal.why,
                    "yes" if value <= goal.most else f"no: {value / goal.most:.2f}",
                ],
            )
    for core in COMPARED:
        if (kernel, core) in COMPARISONS:
            _compare(results, case, kernel, core, found[core, "gcc"].instructions)


def _share(counted: Counted, kernel: Kernel) -> str:
    share = counted.instructions / kernel.per
    return f"{share:,.0f}" if kernel.per == 1 else f"{share:,.1f}"


def _compare(
    results: Results, case: Case, kernel: Kernel, core: str, ours: int
) -> None:
    counts = {
        peer: kernel.peers[peer][core]
        for peer in PEERS
        if core in kernel.peers.get(peer, {})
    }
    results.row(
        "peers",
        [
            f"{kernel.name}, {core}",
            f"{ours:,}",
            *(f"{counts[peer]:,}" if peer in counts else "" for peer in PEERS),
            f"{ours / min(counts.values()):.2f}",
        ],
        [
            Figure(
                what=f"{kernel.name}/{core}/{peer}/instructions",
                value=count,
                unit="instructions",
                label="emulated",
                source=PEERS[peer],
            )
            for peer, count in counts.items()
        ],
    )
