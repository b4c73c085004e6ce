"""The same C tests print the same bits on every compiler and every core."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from tests.c import harness
from tests.c.cores import CORES


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Output of the plain host build."""
    target = harness.HOSTS["gcc-O3"]
    harness.require(target)
    return harness.build(target, tmp_path_factory.mktemp("host")).run()


def agree(programs: harness.Programs, reference: str) -> None:
    found = programs.run().splitlines()
    expected = reference.splitlines()
    differing = [
        f"line {i}: {a!r}, expected {b!r}"
        for i, (a, b) in enumerate(zip(found, expected, strict=False), 1)
        if a != b
    ]
    assert not differing, "\n".join(differing[:10])
    assert len(found) == len(expected)


def test_every_module_prints_something(reference: str) -> None:
    labels = {line.split()[0] for line in reference.splitlines()}
    modules = {name.removeprefix("test_ecm_") for name in harness.MODULES}
    assert modules <= labels
    assert "FAILED" not in reference


@pytest.mark.parametrize("name", [name for name in harness.HOSTS if name != "gcc-O3"])
def test_host_compilers_agree(name: str, tmp_path: Path, reference: str) -> None:
    target = harness.HOSTS[name]
    harness.require(target)
    agree(harness.build(target, tmp_path), reference)


@pytest.mark.emulator
@pytest.mark.parametrize("name", harness.EMULATED)
def test_emulated_cores_agree(name: str, tmp_path: Path, reference: str) -> None:
    target = harness.EMULATED[name]
    harness.require(target)
    programs = harness.build(target, tmp_path)
    agree(programs, reference)
    if name == "cortex-m4f":
        check_a_smaller_memory(programs, reference)


def check_a_smaller_memory(programs: harness.Programs, reference: str) -> None:
    """What does not fit into one program is run in several, to the same end."""
    target = programs.target
    assert target.memory is not None
    small = replace(target, memory=target.memory._replace(rom_bytes=0xC000))
    several = harness.build(small, programs.folder)
    assert len(programs.programs) == 1
    assert len(several.programs) > 1
    agree(several, reference)


TINY = """\
#include "ecm_stats.h"
#include "ecm_test.h"

void ecm_test_run_all(void);
void ecm_test_run_all(void)
{
    float *x = ecm_test_memory;
    uint32_t i;
    ecm_test_noise_f32(1, x, 64);
    for (i = 0; i < 64U; i++) {
        x[i] *= 0x1p-127f;
    }
    (void)ecm_stats_remove_mean_f32(x, 64);
    ecm_test_array_f32("tiny", x, 64);
}
"""


@pytest.mark.emulator
@pytest.mark.parametrize("compiler", ["gcc", "zig"])
def test_loops_of_vector_floats_would_flush_on_helium(
    compiler: Literal["gcc", "zig"], tmp_path: Path
) -> None:
    """Why the Cortex-M55 has flags of its own: without them other bits come out."""
    source = tmp_path / "tiny.c"
    source.write_text(TINY)

    def tiny(target: harness.Target, name: str) -> str:
        harness.require(target)
        return harness.build_one(target, tmp_path / name, source).run()

    core = CORES["m55"]
    expected = tiny(harness.HOSTS["gcc-O3"], "host")
    assert tiny(core.target(compiler, "-O3"), "scalar") == expected
    loops = replace(core, scalar=False).target(compiler, "-O3")
    assert tiny(loops, "vector") != expected
