"""The rules for the host's batch engines, which never run on a device."""

import platform
import re
import shutil
import subprocess

import pytest

from ecmkit._paths import csrc_dir
from tests import test_csrc_rules as device
from tests import test_headers as headers
from tests.c import harness

CSRC = csrc_dir()
HOST = CSRC / "host"
SOURCES = sorted(HOST.glob("ecm_*.c"))
HEADERS = sorted(HOST.glob("ecm_*.h"))
PUBLIC = [path for path in HEADERS if "_kernel" not in path.stem]
ISA = {
    "_avx2": ["-mavx2"],
    "_avx512": ["-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw"],
}
OUTSIDE = re.compile(
    r"mem(cpy|set|move)|pthread_\w+|__cpu_model|__cpu_indicator_init|__stack_chk_fail|"
    r"_GLOBAL_OFFSET_TABLE_"
)


def isa_flags(path):
    """Flags of the instruction set that a file is for; None where it has no place."""
    for suffix, flags in ISA.items():
        if path.stem.endswith(suffix):
            return flags if platform.machine() in {"x86_64", "AMD64"} else None
    return []


@pytest.fixture(scope="module")
def symbols(tmp_path_factory):
    """(file, kind, name) of every symbol, with the warnings of the device library."""
    target = harness.HOSTS["gcc-O3"]
    harness.require(target)
    if shutil.which("nm") is None:
        pytest.skip("nm is not installed")
    folder = tmp_path_factory.mktemp("host")
    includes = [f"-I{CSRC}", f"-I{HOST}", f"-I{CSRC / 'port' / 'fpu'}"]
    found = []
    for path in SOURCES:
        if (flags := isa_flags(path)) is None:
            continue
        made = folder / f"{path.stem}.o"
        # Position-independent code would put tables of pointers among writable data.
        flags = [*flags, "-fno-pic", "-fno-pie"]
        options = [*target.contract, *harness.WARNINGS, "-O2", *flags, *includes]
        harness.call(["gcc", *options, "-c", path, "-o", made])
        lines = harness.call(["nm", made]).splitlines()
        found += [(path.name, *line.split()[-2:]) for line in lines]
    return found


def test_symbols_have_the_prefix(symbols):
    public = {name for _, kind, name in symbols if kind.isupper() and kind != "U"}
    assert len(public) >= 5
    assert [name for name in sorted(public) if not name.startswith("ecm_host_")] == []


def test_nothing_but_threads_is_taken_from_outside(symbols):
    foreign = {name for _, kind, name in symbols if kind == "U"}
    foreign = {name for name in foreign if not name.startswith("ecm_")}
    assert [name for name in sorted(foreign) if not OUTSIDE.fullmatch(name)] == []


def test_no_writable_data(symbols):
    assert [s for s in symbols if s[1].upper() in {"D", "B", "C", "G", "S"}] == []


@pytest.mark.parametrize("path", [*SOURCES, *HEADERS], ids=lambda path: path.name)
def test_words_and_sizes(path):
    device.test_sizes(path)
    words = set(re.findall(r"\b\w+\b", device.code(path)))
    assert words & {"double", "malloc", "calloc", "free", "printf", "goto"} == set()


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name)
def test_headers(path):
    headers.test_header_shape(path)
    headers.test_functions_are_documented(path)


def test_the_device_library_does_not_know_the_host():
    for path in [*CSRC.glob("ecm_*.[ch]"), *CSRC.glob("port/**/*.[ch]")]:
        assert "ecm_host" not in path.read_text(), path.name


@pytest.mark.parametrize("path", PUBLIC, ids=lambda path: path.name)
def test_headers_compile_as_cpp(path):
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    text = f'#include "{path.name}"\n'
    includes = [f"-I{CSRC}", f"-I{HOST}", f"-I{CSRC / 'port' / 'generic'}"]
    command = ["g++", "-x", "c++", "-std=c++11", "-Wall", "-Wextra", "-Werror"]
    done = subprocess.run(
        [*command, *includes, "-fsyntax-only", "-"],
        input=text,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
