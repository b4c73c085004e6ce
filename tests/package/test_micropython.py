"""The native module of a package: by a stub of MicroPython, and in the real one."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from ecmkit.bench import HostApp
from ecmkit.package import Package
from tests.package.sample import SPEED_HZ, signal
from tests.package.test_build import tool

STUB = Path(__file__).parent / "stubs" / "micropython"


def blocks() -> NDArray[np.float32]:
    """A signal of whole blocks of 64 samples, as the example pushes them."""
    x = signal(8)
    return x[: len(x) // 64 * 64]


def expected(package: Package) -> tuple[list[str], str, str]:
    """What the host tells: lines of the example, bits of features and of outputs."""
    app = HostApp(package, speed_hz=SPEED_HZ)
    run = app.push(blocks())
    lines = [
        f"window {e['window']} alarms {e['alarms']}" for e in run.events if e["alarms"]
    ]
    assert lines
    last = [
        " ".join(f"{bits:08x}" for bits in rows[-1].view(np.uint32))
        for rows in (run.features, run.outputs)
    ]
    return [*lines, f"frame of {len(app.report(0))} bytes"], last[0], last[1]


@pytest.fixture(scope="module")
def module(package: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module and its Makefile, built for this machine through the stub."""
    tree = shutil.copytree(package.path, tmp_path_factory.mktemp("mpy") / "pump")
    done = subprocess.run(
        [tool("make"), f"MPY_DIR={STUB}", f"CC={tool('gcc')}"],
        cwd=tree / "micropython", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return tree / "micropython" / "ecm_pump.mpy"


def run(module: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [module, *arguments], input=blocks().tobytes(), capture_output=True, check=False
    )


def test_the_module_tells_what_the_host_tells(package: Package, module: Path) -> None:
    done = run(module)
    lines, features, outputs = expected(package)
    assert done.returncode == 0
    assert done.stdout.decode().splitlines() == [
        *lines, f"features {features}", f"outputs {outputs}", "version 0.1.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("short", "memory: too short, or not at a word"),
        ("odd", "memory: too short, or not at a word"),
        ("half", "samples: expected array('f', ...)"),
        ("channel", "an argument is out of its range"),
        ("unbegun", "refused: was begin called?"),
    ],
)
def test_the_module_refuses_in_words(module: Path, how: str, words: str) -> None:
    done = run(module, how)
    assert done.stdout.decode().splitlines()[-1] == f"ValueError: {words}"
    assert done.returncode == 1


def test_nothing_of_the_module_is_writable(package: Package, tmp_path: Path) -> None:
    """Native modules have no data but constants."""
    source = package.path / "micropython" / "module.c"
    command = [
        tool("gcc"), "-std=c99", "-fpic", f"-I{STUB}", f"-I{package.path / 'src'}",
        "-c", str(source), "-o", "module.o",
    ]  # fmt: skip
    subprocess.run(command, cwd=tmp_path, check=True)
    said = subprocess.run(
        [tool("nm"), "module.o"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    kinds = set(re.findall(r" ([A-Za-z]) \w+$", said, re.MULTILINE))
    assert "T" in kinds
    assert not kinds & set("bBC")
    sections = subprocess.run(
        [tool("size"), "-A", "module.o"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert all(
        int(n) == 0 for n in re.findall(r"^\.(?:data|bss) +(\d+)", sections, re.M)
    )


def test_the_example_is_python(package: Package) -> None:
    path = package.path / "examples" / "micropython" / "main.py"
    text = path.read_text("utf-8")
    compile(text, str(path), "exec")
    own = (package.path / "micropython" / "module.c").read_text("utf-8")
    for name in re.findall(r"\bapp\.(\w+)", text):
        assert f"MP_QSTR_{name}," in own, name


GO = """
import main
import struct
main.watch(open("x.bin", "rb"))
for name in ("features", "outputs"):
    x = getattr(main.app, name)(main.memory)
    bits = struct.unpack("%dI" % len(x), struct.pack("%df" % len(x), *x))
    print(name, " ".join("%08x" % b for b in bits))
"""


@pytest.mark.live
@pytest.mark.parametrize("arch", ["x64", "armv6m", "armv7m", "armv7emsp", "rv32imc"])
def test_micropython_loads_the_module(
    package: Package, arch: str, tmp_path: Path
) -> None:
    """Needs MicroPython's tree with its unix port built, C headers and two wheels.

    ``MPY_DIR`` names the tree, ``MPY_HEADERS`` a folder of headers such as newlib's,
    ``MPY_PYTHON`` a Python with pyelftools and ar, if it is not this one.
    """
    place = os.environ.get("MPY_DIR", "")
    if not place:
        pytest.skip("MPY_DIR does not name MicroPython's source tree")
    tree = shutil.copytree(package.path, tmp_path / "pump")
    words = ["CROSS="] if arch == "x64" else []
    if arch != "x64" and os.environ.get("MPY_HEADERS"):
        words.append(f"CFLAGS_EXTRA=-isystem {os.environ['MPY_HEADERS']}")
    python = os.environ.get("MPY_PYTHON", sys.executable)
    done = subprocess.run(
        [tool("make"), f"MPY_DIR={place}", f"ARCH={arch}", f"PYTHON={python}", *words],
        cwd=tree / "micropython", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^bss size: +0$", done.stdout, re.MULTILINE)
    if arch != "x64":
        return
    program = Path(place) / "ports" / "unix" / "build-standard" / "micropython"
    shutil.copy(tree / "micropython" / "ecm_pump.mpy", tmp_path)
    shutil.copy(tree / "examples" / "micropython" / "main.py", tmp_path)
    (tmp_path / "x.bin").write_bytes(blocks().tobytes())
    (tmp_path / "go.py").write_text(GO)
    said = subprocess.run(
        [tool(str(program)), "go.py"],
        cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    lines, features, outputs = expected(package)
    assert said.splitlines() == [
        *lines, f"features {features}", f"outputs {outputs}",
    ]  # fmt: skip
