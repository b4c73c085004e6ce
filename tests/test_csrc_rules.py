"""The rules for C of the style guide, held against every file of the library."""

import re
import shutil
import subprocess
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from ecmkit._core import base
from ecmkit._paths import csrc_dir
from tests.c import harness
from tests.c.build import compile_all

ROOT = Path(__file__).parents[1]
CSRC = csrc_dir()
SOURCES = sorted(CSRC.glob("ecm_*.c"))
HEADERS = sorted(CSRC.glob("ecm_*.h"))
PORTABLE = [*SOURCES, *HEADERS]
# Includes go from right to left only.
ORDER = (
    ("base",),
    ("bits", "bytes", "cbor"),
    ("poly",),
    (
        "math",
        "trig",
        "fixed",
        "tables",
        "tables_q15",
        "tables_order",
        "tables_fixed",
        "feat_table",
        "taper_gain",
    ),
    ("func", "quant", "ring", "taper", "filter", "decimate", "integrate"),
    ("dft", "fft", "fft_q15", "stats", "moments", "rank"),
    ("window", "fft_plan", "dct", "hilbert", "series", "stats_q15"),
    ("spectrum", "velocity", "velocity_q15", "envelope", "level", "tacho", "tsa"),
    ("line", "mel", "cepstrum", "order"),
    (
        "feat",
        "feat_q15",
        "health",
        "run",
        "drift",
        "score",
        "persist",
        "nn",
        "tree",
        "kmeans",
        "project",
        "dist",
    ),
    (
        "drift_ph",
        "drift_ewma",
        "drift_q15",
        "dist_q15",
        "sr",
        "adwin",
        "error",
        "hddm",
        "t2",
        "regime",
    ),
    ("monitor_form",),
    ("sketch", "sample", "state", "frame"),
    ("weights", "spool", "commission", "device", "snapshot", "command"),
    ("nn_round", "nn_dot"),
    ("nn_pool_span", "nn_rnn_rows"),
    ("nn_dense", "nn_depthwise", "nn_pool", "nn_add", "nn_float", "nn_rnn"),
    ("nn_conv", "nn_depthwise_walk", "nn_dense_s16"),
    ("nn_s16",),
    ("feat_detrend", "feat_time", "feat_spectrum", "feat_envelope", "feat_filter"),
    (
        "feat_velocity",
        "feat_rank",
        "feat_series",
        "feat_scale",
        "feat_project",
        "feat_encode",
    ),
    ("feat_line", "feat_mel", "feat_cepstrum"),
    (
        "monitor",
        "feat_track",
        "feat_q15_time",
        "feat_q15_spectrum",
        "feat_integer",
    ),
    ("app_cfg", "monitor_data"),
    ("app_queue", "app_shadow"),
    ("app_watch", "app_turns"),
    ("app", "app_update"),
    ("node_cfg",),
    ("node",),
    ("node_frames", "node_snapshot", "node_learn", "node_receive", "node_keep"),
)
RANK = {module: rank for rank, row in enumerate(ORDER) for module in row}
OUTSIDE = {"memcpy", "memset", "memmove"}
COMPILERS = {
    "host": harness.HOSTS["gcc-O3"],
    "cortex-m4f": harness.EMULATED["cortex-m4f"],
    "cortex-m0": harness.EMULATED["cortex-m0"],
}


def by_stem(path):
    return path.name


def code(path):
    """Text of a file without comments and strings."""
    text = re.sub(
        r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), path.read_text(), flags=re.S
    )
    text = re.sub(r"//[^\n]*", "", text)
    return re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)


def compile_objects(target, folder):
    """One object per source, as the library is built for a target."""
    harness.require(target)
    nm = "arm-none-eabi-nm" if target.emulator else "nm"
    if shutil.which(nm) is None:
        pytest.skip(f"{nm} is not installed")
    # Position-independent code keeps constants with addresses in them where the loader
    # of a host can write; a device has no loader.
    extra = () if target.emulator else ("-fno-pic", "-fno-pie")
    portable = replace(target, isas=())
    files = harness.library(portable)
    compile_all(portable, folder, library=files, others=(), extra=extra)
    lines = subprocess.run(
        [nm, "-A", *(f"{path.stem}.o" for path in SOURCES)],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder / "library",
    ).stdout.splitlines()
    return [(line.split(":")[0], *line.split()[-2:]) for line in lines]


@pytest.fixture(scope="module", params=COMPILERS)
def symbols(request, tmp_path_factory):
    """(object, kind, name) of every symbol of the library."""
    folder = tmp_path_factory.mktemp("objects")
    return compile_objects(COMPILERS[request.param], folder)


def test_symbols_have_the_prefix(symbols):
    public = {name for _, kind, name in symbols if kind.isupper() and kind != "U"}
    assert len(public) > 10
    assert [name for name in sorted(public) if not name.startswith("ecm_")] == []


def test_nothing_is_taken_from_outside(symbols):
    own = {name for _, kind, name in symbols if kind.isupper() and kind != "U"}
    foreign = {
        name
        for _, kind, name in symbols
        if kind == "U"
        and name not in own | OUTSIDE | {"_GLOBAL_OFFSET_TABLE_"}
        and not name.startswith(("__aeabi_", "__gnu_thumb1_case_"))
    }
    # 64-bit helpers of libgcc that the Arm names do not cover
    assert foreign - {"__clzsi2", "__clzdi2"} == set()


def test_no_writable_data(symbols):
    assert [s for s in symbols if s[1].upper() in {"D", "B", "C", "G", "S"}] == []


@pytest.mark.parametrize("path", PORTABLE, ids=by_stem)
def test_includes_go_down(path):
    module = path.stem.removeprefix("ecm_")
    assert module in RANK, f"{module} has no place in ORDER of this test"
    for name in re.findall(r'#include "ecm_(\w+)\.h"', path.read_text()):
        if name not in {module, "port"}:
            assert RANK[name] < RANK[module], f"{path.name} includes ecm_{name}.h"
    system = set(re.findall(r"#include <([^>]+)>", path.read_text()))
    allowed = {"stdbool.h", "stddef.h", "stdint.h", "string.h"}
    assert system <= allowed
    assert not system or path.name == "ecm_base.h"


@pytest.mark.parametrize("path", PORTABLE, ids=by_stem)
def test_words_that_do_not_occur(path):
    text = code(path)
    words = set(re.findall(r"\b\w+\b", text))
    forbidden = {
        "double",
        "malloc",
        "calloc",
        "realloc",
        "free",
        "printf",
        "alloca",
        "goto",
    }
    assert words & forbidden == set()
    conditions = "\n".join(re.findall(r"^\s*#\s*(?:el)?if.*$", text, re.M))
    architecture = re.compile(
        r"__arm|__ARM|__thumb|__x86|__i386|__riscv|__AVR|__xtensa"
    )
    assert not architecture.search(conditions), "only port/ knows an architecture"


@pytest.mark.parametrize("path", PORTABLE, ids=by_stem)
def test_sizes(path):
    lines = path.read_text().splitlines()
    assert len(lines) <= 800 or path.stem == "ecm_tables"
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            assert number - start + 1 <= 60, f"{path.name}:{start}: over 60 lines"
            start = None
        assert len(line) <= 88 or path.stem == "ecm_tables", f"{path.name}:{number}"


def test_one_version():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert ".".join(map(str, base.version())) == project["version"]


@pytest.mark.parametrize("language", ["c", "c++"])
@pytest.mark.parametrize("path", HEADERS, ids=by_stem)
def test_headers_compile_alone(path, language):
    harness.require(harness.HOSTS["gcc-O3"])
    standard = "-std=c99" if language == "c" else "-std=c++11"
    flags = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wundef", "-Werror")
    includes = [f"-I{CSRC}", f"-I{CSRC / 'port' / 'generic'}"]
    command = ["gcc", "-x", language, standard, *flags, "-fsyntax-only", *includes, "-"]
    text = f'#include "{path.name}"\n'
    if language == "c":
        text = f"#include <complex.h>\n{text}"  # as NumPy does before ours
    done = subprocess.run(
        command, input=text, text=True, capture_output=True, check=False
    )
    if "cc1plus" in done.stderr:
        pytest.skip("g++ is not installed")
    assert done.returncode == 0, done.stderr


# ---- switches of ecm_base.h -------------------------------------------------------


def try_compile(text, *flags):
    includes = [f"-I{CSRC}", f"-I{CSRC / 'port' / 'generic'}"]
    command = [
        "gcc",
        "-x",
        "c",
        *harness.CONTRACT,
        *flags,
        *includes,
        "-fsyntax-only",
        "-",
    ]
    return subprocess.run(
        command, input=text, text=True, capture_output=True, check=False
    )


def test_every_switch_has_a_test():
    text = (CSRC / "ecm_base.h").read_text()
    found = set(re.findall(r"^#ifn?def (ECM_\w+)$", text, re.M)) - {"ECM_BASE_H"}
    assert found == {"ECM_ASSERT", "ECM_WEIGHTS_SECTION"}


def test_weights_go_to_the_section_that_is_asked_for(tmp_path):
    """The linker's map has every table there, and nothing else moved."""
    harness.require(harness.HOSTS["gcc-O3"])
    text = (
        '#include "ecm_base.h"\nstatic const float t0[3] ECM_WEIGHTS = {1, 2, 3};\n'
        "static const float other[3] = {4, 5, 6};\n"
        "int main(int n, char **v) { (void)v; return (int)(t0[n] + other[n]); }\n"
    )
    source, program = tmp_path / "m.c", tmp_path / "m"
    source.write_text(text)
    command = ["gcc", *harness.CONTRACT, f"-I{CSRC}", f"-I{CSRC / 'port' / 'generic'}"]
    for flags, expected in (((), 0), (('-DECM_WEIGHTS_SECTION=".weights"',), 12)):
        link = [*flags, source, "-o", program, f"-Wl,-Map,{tmp_path / 'map'}"]
        subprocess.run([*command, *link], check=True)
        found = re.search(
            r"^ *\.weights\s+0x\w+\s+0x(\w+)", (tmp_path / "map").read_text(), re.M
        )
        assert (int(found[1], 16) if found else 0) == expected


def test_assert_can_be_replaced():
    harness.require(harness.HOSTS["gcc-O3"])
    text = (
        "#define ECM_ASSERT(cond) try_assert(cond)\nvoid try_assert(int cond);\n"
        '#include "ecm_base.h"\nvoid f(void);\nvoid f(void) { ECM_ASSERT(1 == 2); }\n'
    )
    command = ["gcc", *harness.CONTRACT, f"-I{CSRC}", f"-I{CSRC / 'port' / 'generic'}"]
    done = subprocess.run(
        [*command, "-x", "c", "-E", "-"],
        input=text,
        text=True,
        capture_output=True,
        check=True,
    )
    assert "try_assert(1 == 2)" in done.stdout
    assert (
        try_compile(
            '#include "ecm_base.h"\nint f(int);\nint f(int x) '
            "{ ECM_ASSERT(x); return x; }\n",
            "-Werror",
            "-Wall",
        ).returncode
        == 0
    )


def test_fast_math_is_refused():
    harness.require(harness.HOSTS["gcc-O3"])
    done = try_compile('#include "ecm_base.h"\n', "-ffast-math")
    assert done.returncode != 0
    assert "-ffast-math breaks the arithmetic contract" in done.stderr
