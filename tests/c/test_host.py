"""The host's batch engines: clean, and the device library's bits, by two compilers.

The Python suites use the engines as `setup.py` builds them; here they run under the
sanitizers, with memory of exactly the size that their headers state.
"""

import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ecmkit._core import batch
from ecmkit._paths import csrc_dir
from tests.c import harness
from tests.c.build import JOBS, WARNINGS, call, compile_all
from tests.c.cores import SANITIZED

SOURCES = Path(__file__).parent / "host"
# Address finds NULL as well. Checks of long functions are calls, or the transforms
# would take four times as long to compile.
SANITIZERS = (
    "-fsanitize=address,undefined",
    "-fno-sanitize=null",
    "-fno-sanitize-recover=all",
    "--param=asan-instrumentation-with-call-threshold=500",
)
# Of the same text as at the width that all machines have, only what differs by width.
WIDE = ("-fno-sanitize=undefined", "-fsanitize=alignment")
WIDTHS = {
    "avx2": ("-mavx2",),
    "avx512": ("-mavx512f", "-mavx512vl", "-mavx512dq", "-mavx512bw"),
}
COMPILERS = {
    "gcc-sanitizers": (("gcc",), ("-O1", *SANITIZERS)),
    "zig-O2": ((sys.executable, "-m", "ziglang", "cc"), ("-O2",)),
}


def engines(wide: tuple[str, ...]) -> list[tuple[Path, tuple[str, ...]]]:
    """Files of host/, with the flags of their width, and `wide` where it is one."""
    x86 = platform.machine() in {"x86_64", "AMD64"}
    found = []
    for path in sorted((csrc_dir() / "host").glob("ecm_*.c")):
        width = path.stem.rpartition("_")[2]
        if width not in WIDTHS:
            found.append((path, ()))
        elif x86:
            found.append((path, (*wide, *WIDTHS[width])))
    return found


@pytest.fixture(scope="module", params=COMPILERS)
def library(request, tmp_path_factory):
    """Compiler with its flags, and all objects by it."""
    compiler, flags = COMPILERS[request.param]
    sanitized = compiler[0] == "gcc"
    if sanitized:
        harness.require(SANITIZED)
        target = SANITIZED
    else:
        pytest.importorskip("ziglang")
        target = harness.HOSTS["zig-O2"]
    folder = tmp_path_factory.mktemp(request.param)
    includes = [f"-I{csrc_dir()}", f"-I{csrc_dir() / 'host'}"]
    includes.append(f"-I{csrc_dir() / 'port' / 'fpu'}")
    command = [*compiler, *harness.CONTRACT, *flags, *WARNINGS, *includes]

    def compiled(source: tuple[Path, tuple[str, ...]]) -> Path:
        path, width = source
        made = folder / f"{path.stem}.o"
        call([*command, *width, "-c", path, "-o", made], seconds=900)
        return made

    with ThreadPoolExecutor(JOBS) as pool:
        objects = list(pool.map(compiled, engines(WIDE if sanitized else ())))
    # As the fuzzer and the other C tests compile it, so that it is compiled once.
    files = harness.library(target)
    return command, objects + compile_all(target, folder, library=files, others=())


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "source", sorted(SOURCES.glob("test_*.c")), ids=lambda path: path.stem
)
def test_bits_of_the_device_library(library, source, tmp_path):
    command, objects = library
    program = tmp_path / "program"
    call([*command, source, *objects, "-pthread", "-lm", "-o", program], seconds=300)
    done = subprocess.run(
        [program], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # The C library of the second compiler may not know the processor.
    least = batch.isa() if command[0] == "gcc" else min(batch.isa(), 1)
    assert int(done.stdout) >= least
