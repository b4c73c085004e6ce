"""The C tests: one program per target of all test files, and the rules for skipping."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from ecmkit._paths import csrc_dir
from tests.c import build as building
from tests.c.build import SUPPORT, WARNINGS
from tests.c.cores import CONTRACT, EMULATED, HOSTS, Target

__all__ = [
    "CONTRACT",
    "EMULATED",
    "HOSTS",
    "MODULES",
    "WARNINGS",
    "Target",
    "build",
    "call",
    "require",
    "run",
]

HERE = Path(__file__).parent
MODULES = sorted(path.stem for path in HERE.glob("test_ecm_*.c"))


def require(target: Target) -> None:
    """Skip the test, naming the tool, where the machine cannot run it."""
    tool = target.missing()
    if tool is not None:
        pytest.skip(f"{tool} is not installed")


def call(command: Sequence[str | Path], seconds: float = 60.0) -> str:
    """Run a command; its output, or a failure that shows all of it."""
    try:
        return building.call(command, seconds)
    except building.FailedError as error:
        pytest.fail(str(error), pytrace=False)


def library(target: Target) -> list[str]:
    """Files of the whole library for a target."""
    modules = (path.stem.removeprefix("ecm_") for path in csrc_dir().glob("ecm_*.c"))
    return sorted(target.source(module) for module in modules)


def build(target: Target, folder: Path, extra: Sequence[str] = ()) -> Path:
    """Compile library, support and all C tests into one program."""
    runner = folder / "run_all.c"
    runner.write_text(
        "void ecm_test_run_all(void);\n"
        + "".join(f"void {name}(void);\n" for name in MODULES)
        + "void ecm_test_run_all(void)\n{\n"
        + "".join(f"    {name}();\n" for name in MODULES)
        + "}\n"
    )
    platform = "platform_bare.c" if target.emulator else "platform_host.c"
    others = [
        *(HERE / f"{name}.c" for name in MODULES),
        *(SUPPORT / "ecm_test.c", SUPPORT / platform, runner),
    ]
    try:
        objects = building.compile_all(
            target, folder, library=library(target), others=others, extra=extra
        )
        return building.link(target, objects, folder / "tests.elf", extra)
    except building.FailedError as error:
        pytest.fail(str(error), pytrace=False)


def run(target: Target, program: Path) -> str:
    """Run the program; everything that it printed."""
    try:
        return building.run(target, program)
    except building.FailedError as error:
        pytest.fail(str(error), pytrace=False)
