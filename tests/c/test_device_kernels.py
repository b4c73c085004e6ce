"""The counting of kernels: what is known beforehand is counted exactly."""

from pathlib import Path

import pytest

from benchmarks.device_kernels.goals import GOALS, Goal
from benchmarks.device_kernels.kernels import KERNELS, Kernel
from benchmarks.device_kernels.measure import Workshop
from benchmarks.device_kernels.plans import PLANS
from ecmkit._paths import csrc_dir
from tests.c import build, harness
from tests.c.cores import CORES

pytestmark = pytest.mark.emulator


def kernel(call: str, result: str = "", data: str = "") -> Kernel:
    return Kernel(
        name="known", header="ecm_math.h", data=data, setup="", call=call, result=result
    )


@pytest.mark.parametrize("core", ["m0plus", "m4f", "rv32imc"])
def test_nothing_takes_nothing(core: str, tmp_path: Path) -> None:
    harness.require(CORES[core].target("gcc"))
    found = Workshop(tmp_path).count(kernel(""), core)
    assert (found.instructions, found.stack, found.flash, found.ram) == (0, 0, 0, 0)


def test_a_known_loop_is_counted_to_the_instruction(tmp_path: Path) -> None:
    harness.require(CORES["m4f"].target("gcc"))
    loop = (
        "#if defined(__arm__)\n"
        '__asm__ volatile("movs r0, #100\\n1: subs r0, #1\\nbne 1b\\n"'
        ' : : : "r0", "cc");\n#endif'
    )
    assert Workshop(tmp_path).count(kernel(loop), "m4f").instructions == 201


def test_the_stack_of_a_callee_is_seen(tmp_path: Path) -> None:
    harness.require(CORES["m4f"].target("gcc"))
    data = (
        "void below(void);\n__attribute__((noinline)) void below(void) {\n"
        "    volatile uint32_t word[40];\n    word[0] = 1U;\n"
        "    while (word[0] < 40U) { word[word[0]] = 0U; word[0]++; }\n}"
    )
    found = Workshop(tmp_path).count(kernel("below();", data=data), "m4f")
    assert found.stack == 160


def test_constants_of_the_row_count_as_its_flash(tmp_path: Path) -> None:
    harness.require(CORES["m4f"].target("gcc"))
    data = (
        "static const uint32_t table[25] = {1, 2, 3};\nstatic volatile uint32_t i, y;"
    )
    row = kernel("y = table[i];", 'ecm_test_u32("a label", y);', data)
    found = Workshop(tmp_path).count(row, "m4f")
    assert (found.constants, found.library, found.flash) == (100, 0, 100)


def test_other_bits_than_the_hosts_are_refused(tmp_path: Path) -> None:
    harness.require(CORES["m4f"].target("gcc"))
    result = '#if defined(__arm__)\necm_test_u32("x", 1U);\n#endif'
    with pytest.raises(build.FailedError, match="the host"):
        Workshop(tmp_path).count(kernel("", result), "m4f")


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("goals"))


@pytest.mark.parametrize(
    "goal", GOALS, ids=lambda goal: f"{goal.kernel}-{goal.core}-{goal.what}"
)
def test_goals_are_reached(goal: Goal, workshop: Workshop) -> None:
    harness.require(CORES[goal.core].target("gcc"))
    (kernel,) = (row for row in KERNELS if row.name == goal.kernel)
    found = workshop.count(kernel, goal.core)
    assert goal.value(found) <= goal.most


@pytest.mark.parametrize("core", ["m4f", "rv32imc"])
@pytest.mark.parametrize("plan", PLANS, ids=lambda row: row.name)
def test_plans_have_the_bits_of_the_host(
    plan: Kernel, core: str, workshop: Workshop
) -> None:
    """Of all features and the status: what is printed differently is refused."""
    harness.require(CORES[core].target("gcc"))
    assert workshop.count(plan, core).instructions > 0


def test_names_are_unique_and_headers_exist() -> None:
    names = [row.name for row in KERNELS]
    assert len(set(names)) == len(names)
    for row in KERNELS:
        assert (csrc_dir() / row.header).exists()
        assert row.header.startswith(f"ecm_{row.name.split('.')[0]}")
