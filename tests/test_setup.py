"""What a machine without the tools is told, before any test runs."""

import os
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "system-packages.sh"
PACKAGES = {
    "gcc-arm-none-eabi",
    "gcc-riscv64-unknown-elf",
    "qemu-system-arm",
    "qemu-system-misc",
    "cppcheck",
}


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment with a shell, but neither the tools nor a package manager."""
    for name in ("bash", "id", "env", "dirname", "make"):
        found = shutil.which(name)
        assert found, name
        (tmp_path / name).symlink_to(found)
    return {"PATH": str(tmp_path), "HOME": str(tmp_path)}


def run(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("command", [str(SCRIPT), str(ROOT / ".ci" / "run")])
def test_missing_packages_are_named_with_exit_code_3(
    bare: dict[str, str], command: str
) -> None:
    done = run(["bash", command], bare)
    assert (done.returncode, done.stdout) == (3, "")
    assert {word for word in done.stderr.split() if word in PACKAGES} == PACKAGES
    assert "PIP_ONLY=1 make test" in done.stderr


def test_without_system_packages_it_says_what_is_left_out(bare: dict[str, str]) -> None:
    done = run(["bash", str(SCRIPT)], {**bare, "PIP_ONLY": "1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert set(done.stdout.split()) >= PACKAGES


def test_nothing_is_said_where_all_is_there() -> None:
    tools = ("arm-none-eabi-gcc", "riscv64-unknown-elf-gcc", "qemu-system-arm",
             "qemu-system-riscv32", "cppcheck")  # fmt: skip
    for name in tools:
        if shutil.which(name) is None:
            pytest.skip(f"{name} is not installed")
    done = run(["bash", str(SCRIPT)], dict(os.environ))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_changed_header_compiles_the_libraries_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """setuptools reads `obj_deps` of a library; `depends` it would not."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr("setuptools.setup", asked.update)
    monkeypatch.setattr("Cython.Build.cythonize", lambda extensions, **_: extensions)
    runpy.run_path(str(ROOT / "setup.py"))
    headers = {p.relative_to(ROOT).as_posix() for p in ROOT.glob("csrc/**/*.h")}
    assert "csrc/host/ecm_host_stats_kernel.h" in headers
    for name, library in asked["libraries"]:
        assert set(library["obj_deps"][""]) == headers, name
