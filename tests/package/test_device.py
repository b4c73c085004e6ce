"""A package with a whole device in it: the example of the documentation builds."""

import ctypes
import shutil
from pathlib import Path

import pytest

from ecmkit.package import Release, build
from ecmkit.targets import load_target
from tests.c.build import WARNINGS, call
from tests.core.test_node import BOARD, DEVICE
from tests.package.sample import application


def test_the_example_of_the_documentation_builds_with_a_package(tmp_path: Path) -> None:
    """Of nothing but the package's sources and a board."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    package = build(
        application(),
        target=load_target("esp32"),
        out=tmp_path / "pump",
        release=Release(device=True),
    )
    source = package.path / "src"
    (tmp_path / "device.c").write_text(DEVICE)
    (tmp_path / "board.h").write_text(BOARD)
    flags = ["-std=c99", "-O0", "-ffp-contract=off", "-fno-math-errno", "-fPIC"]
    flags += [f"-I{tmp_path}", f"-I{source}"]
    call([compiler, *flags, *WARNINGS, "-c", tmp_path / "device.c",
          "-o", tmp_path / "device.o"])  # fmt: skip
    files = sorted(source.glob("*.c"))
    assert {"ecm_node.c", "ecm_node_learn.c", "ecm_spool.c", "ecm_run.c"} <= {
        path.name for path in files
    }
    call([compiler, *flags, "-shared", tmp_path / "device.o", *files, "-lm",
          "-o", tmp_path / "device.so"])  # fmt: skip
    library = ctypes.CDLL(str(tmp_path / "device.so"))
    assert library.device_start() == -5  # ECM_ERR_STATE: it was not provisioned


def test_other_packages_have_no_device(tmp_path: Path) -> None:
    made = build(application(), target=load_target("esp32"), out=tmp_path / "pump")
    names = {path.name for path in (made.path / "src").glob("*.c")}
    assert "ecm_app.c" in names
    assert not {name for name in names if name.startswith("ecm_node")}
