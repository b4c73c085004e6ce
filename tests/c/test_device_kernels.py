"""The counting of kernels: what is known beforehand is counted exactly."""

from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from benchmarks.device_kernels.goals import GOALS, Goal
from benchmarks.device_kernels.kernels import KERNELS, Kernel
from benchmarks.device_kernels.measure import Workshop
from benchmarks.device_kernels.plans import PLANS
from ecmkit._core import feat
from ecmkit._paths import csrc_dir
from ecmkit.features import load_plan, plan_names, steps_of
from ecmkit.features.envelope import transform_cost
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


USERS = {
    "cepstrum": {"cepstrum"},
    "decimate": {"envelope", "rectified"},
    "envelope": {"envelope", "rectified"},
    "filter": {"filter", "rectified"},
    "line": {"peaks", "lines"},
    "mel": {"mel"},
    "rank": {"median", "quantile", "histogram"},
    "series": {"turning", "hjorth", "lag"},
    "spectrum": {"power", "taper", "welch", "bands", "moments", "entropy", "flatness",
                 "rolloff", "spectral_crest", "peaks", "lines", "mel", "cepstrum"},
    "velocity": {"velocity"},
}  # fmt: skip
"""Kernels, by the beginnings of their names, and the steps that call them."""


@pytest.mark.parametrize("name", plan_names())
def test_a_plan_links_nothing_that_it_does_not_use(
    name: str, workshop: Workshop
) -> None:
    """Every step's code lies beside it to be linked; only its own steps' is."""
    harness.require(CORES["m4f"].target("gcc"))
    contract = load_plan(name).contract()
    used = {step.name for step in steps_of(contract)}
    start = f"feat.{name.replace('-', '_')}.{contract.window_len}"
    (row,) = (row for row in PLANS if row.name == start)
    headers = sorted({f"ecm_{module}.h" for _, module, *_ in feat.step_table()})
    offered = "".join(f'#include "{header}"\n' for header in headers)
    all_of_it = replace(row, name=f"{row.name}.offered", data=offered + row.data)
    found = workshop.count(all_of_it, "m4f")
    symbols = linked(found.program)
    kinds = {s.removeprefix("ecm_feat_kind_") for s in symbols if "_feat_kind_" in s}
    assert kinds == used
    for prefix, users in USERS.items():
        has = any(s.startswith(f"ecm_{prefix}_") for s in symbols)
        assert not has or users & used, prefix
    assert found.flash == workshop.count(row, "m4f").flash


def linked(program: bytes) -> set[str]:
    """Names of all functions and constants with a size in an image."""
    from elftools.elf.elffile import ELFFile

    table = ELFFile(BytesIO(program)).get_section_by_name(".symtab")
    return {symbol.name for symbol in table.iter_symbols() if symbol["st_size"]}


@pytest.mark.parametrize("n", [256, 512, 1024, 2048, 4096])
def test_transforms_cost_what_envelope_designs_take_them_for(
    n: int, workshop: Workshop
) -> None:
    harness.require(CORES["m4f"].target("gcc"))
    (row,) = (row for row in KERNELS if row.name == f"fft.r2c_f32.{n}")
    counted = workshop.count(row, "m4f").instructions
    assert transform_cost(n // 2, real=True) == pytest.approx(counted, rel=0.05)


def test_names_are_unique_and_headers_exist() -> None:
    names = [row.name for row in KERNELS]
    assert len(set(names)) == len(names)
    for row in KERNELS:
        assert (csrc_dir() / row.header).exists()
        assert row.header.startswith(f"ecm_{row.name.split('.')[0]}")
