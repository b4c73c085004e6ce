"""The same C tests print the same bits on every compiler and every core."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.features import Stream, device_plan, load_plan
from ecmkit.package.integers import integer_plan_c
from ecmkit.package.transforms import transforms_c
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
    small = replace(target, memory=target.memory._replace(rom_bytes=0x20000))
    several = harness.build(small, programs.folder)
    assert len(programs.programs) == 1
    assert len(several.programs) > 1
    agree(several, reference)


@pytest.mark.emulator
@pytest.mark.parametrize(
    "name", ["integers", "detectors", "watching", "update", "keeping"]
)
def test_small_memories_agree_on_a_core_of_8_bits(name: str, tmp_path: Path) -> None:
    """Its compiler's floats in software have the same bits as well."""
    source = Path(__file__).parent / "small" / f"{name}.c"
    expected = harness.build_one(harness.HOSTS["gcc-O3"], tmp_path / "host", source)
    harness.require(harness.SMALL)
    agree(harness.build_one(harness.SMALL, tmp_path / "avr", source), expected.run())


PLAN = load_plan("vibration-basic", profile="q15")
WINDOWS = (PLAN.span_len - PLAN.window_len) // PLAN.hop_len + 3


@pytest.fixture(scope="session")
def whole_plan(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Program of a ready plan of integers as a package has it; its output here."""
    contract, device = PLAN.contract(), device_plan(PLAN.contract())
    text = (Path(__file__).parent / "small" / "plan.c.in").read_text()
    for key, value in {
        "plan": integer_plan_c(contract, 0, "plan"),
        "window_len": PLAN.window_len,
        "hop_len": PLAN.hop_len,
        "windows": WINDOWS,
        "features_len": device.n_features,
        "state_len": device.state_len,
    }.items():
        text = text.replace(f"@{key}@", str(value))
    source = tmp_path_factory.mktemp("plan") / "plan.c"
    source.write_text(text)
    made = harness.build_one(harness.HOSTS["gcc-O3"], source.parent / "host", source)
    return source, made.run()


def made_up_signal(n: int) -> NDArray[np.int16]:
    """The signal of plan.c.in."""
    seed, x = 1, np.empty(n, np.int16)
    for i in range(n):
        seed = (seed * 1664525 + 1013904223) % 2**32
        noise = int(((seed >> 16) - 32768) / (2 + (i >> 13)))  # towards 0, as in C
        x[i] = noise + (3000 if i & 64 else -3000)
    return x


def test_a_whole_plan_has_the_integers_of_the_table(
    whole_plan: tuple[Path, str],
) -> None:
    lines = [line.split() for line in whole_plan[1].splitlines()]
    found = [int(words[1], 16) for words in lines if words[0] == "feature"]
    x = made_up_signal(PLAN.window_len + (WINDOWS - 1) * PLAN.hop_len)
    rows = Stream(PLAN).push(x)
    integers = np.array(found, np.uint32).astype(np.int32).reshape(-1, rows.shape[1])
    assert len(rows) == 3
    in_unit = np.array([unit == "g" for unit in PLAN.contract().units])
    scale = np.where(in_unit, PLAN.range / 2**30, 1 / 2**16).astype(np.float32)
    np.testing.assert_array_equal(integers.astype(np.float32) * scale, rows)


@pytest.mark.emulator
@pytest.mark.parametrize(
    "target",
    [
        pytest.param(harness.LARGE_AVR, id="avr"),
        pytest.param(harness.EMULATED["cortex-m0"], id="cortex-m0"),
        pytest.param(CORES["m0plus"].target("gcc", "-Os"), id="cortex-m0plus"),
        pytest.param(CORES["m0plus"].target("zig", "-O2"), id="cortex-m0plus-zig"),
        pytest.param(harness.EMULATED["rv32imac"], id="rv32imac"),
    ],
)
def test_a_whole_plan_of_integers_agrees(
    target: harness.Target, tmp_path: Path, whole_plan: tuple[Path, str]
) -> None:
    source, expected = whole_plan
    harness.require(target)
    agree(harness.build_one(target, tmp_path, source), expected)


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


SMALL = """\
#include "ecm_fft.h"
#include "ecm_test.h"
@plans@
static float x[1024], y[1024], taper[1024];
void ecm_test_run_all(void);

static void run(const ecm_fft_plan_t *plan, uint32_t n)
{
    (void)ecm_fft_r2c_f32(plan, x, y);
    ecm_test_array_f32("r2c", y, n);
    (void)ecm_fft_r2c_taper_f32(plan, x, 0.0f, taper, y);
    ecm_test_array_f32("taper", y, n);
    (void)ecm_fft_c2c_f32(plan, x, y, false);
    ecm_test_array_f32("c2c", y, n);
    (void)ecm_fft_c2c_f32(plan, x, y, true);
    ecm_test_array_f32("inverse", y, n);
    (void)ecm_fft_power_f32(plan, x, x[0], taper, y, x);
    ecm_test_array_f32("power", x, n / 2U + 1U);
}

void ecm_test_run_all(void)
{
    static const float sizes[] = {1.0f, 0x1p-60f, 0x1p-118f, 0x1p-126f, 0x1p-140f};
    uint32_t p, k, i;
    ecm_test_noise_f32(7, taper, 1024);
    for (p = 0; p < sizeof plans / sizeof plans[0]; p++) {
        uint32_t n = 2U * plans[p]->len;
        for (k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
            ecm_test_noise_f32(p, x, n);
            for (i = 0; i < n; i++) {
                x[i] *= sizes[k];
            }
            run(plans[p], n);
        }
        for (k = 0; k < 5U; k++) { /* all but a few are zeros, of both signs */
            for (i = 0; i < n; i++) {
                x[i] = i % (k + 2U) == 0U ? -0.0f : 0.0f;
            }
            x[k] = -1.0f;
            x[n - 3U] = k % 2U == 0U ? 1.0f : 0.0f;
            run(plans[p], n);
        }
    }
}
"""


@pytest.mark.emulator
@pytest.mark.parametrize("compiler", ["gcc", "zig"])
def test_transforms_on_helium_keep_subnormals_and_signs(
    compiler: Literal["gcc", "zig"], tmp_path: Path
) -> None:
    """The twin starts over without vectors where these would flush."""
    reals = (16, 32, 48, 64, 80, 96, 128, 240, 256, 480, 512, 960, 1024)
    names = [f"plan_{n}" for n in reals]
    plans = transforms_c({f"plan_{n}": (n // 2, True) for n in reals})
    table = f"static const ecm_fft_plan_t *const plans[] = {{&{', &'.join(names)}}};"
    source = tmp_path / "small.c"
    source.write_text(SMALL.replace("@plans@", f"{plans}\n{table}"))

    def small(target: harness.Target, name: str) -> list[str]:
        harness.require(target)
        return harness.build_one(target, tmp_path / name, source).run().splitlines()

    target = CORES["m55"].target(compiler, "-O2")
    assert target.source("fft") == "port/ecm_fft_mve.c"
    assert small(target, "m55") == small(harness.HOSTS["gcc-O3"], "host")
