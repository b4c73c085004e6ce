"""The C tests: one program per target of all test files, and the rules for skipping."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ecmkit._paths import csrc_dir
from ecmkit.package.transforms import transforms_c
from tests.c import build as building
from tests.c.build import SUPPORT, WARNINGS
from tests.c.cores import CONTRACT, EMULATED, HOSTS, LARGE_AVR, SMALL, Target

__all__ = [
    "CONTRACT",
    "EMULATED",
    "HOSTS",
    "LARGE_AVR",
    "MODULES",
    "SMALL",
    "WARNINGS",
    "Programs",
    "Target",
    "build",
    "build_one",
    "call",
    "require",
]

HERE = Path(__file__).parent
MODULES = sorted(path.stem for path in HERE.glob("test_ecm_*.c"))


def require(target: Target) -> None:
    """Skip the test, naming the tool, where the machine cannot run it."""
    tool = target.missing()
    if tool is not None:
        pytest.skip(f"{tool} is not installed")


def call(command: Sequence[str | Path], seconds: float = 240.0) -> str:
    """Run a command; its output, or a failure that shows all of it."""
    try:
        return building.call(command, seconds)
    except building.FailedError as error:
        pytest.fail(str(error), pytrace=False)


def library(target: Target) -> list[str]:
    """Files of the whole library for a target."""
    modules = (path.stem.removeprefix("ecm_") for path in csrc_dir().glob("ecm_*.c"))
    return sorted(target.source(module) for module in modules)


def plans_h() -> str:
    """Write constant plans of the transforms that the tests in C use."""
    reals = (16, 32, 48, 64, 80, 96, 128, 160, 240, 256, 384, 480, 512, 640, 1024)
    lengths = {f"test_fft_{n}": (n // 2, True) for n in reals}
    for n in (16, 32, 64, 128, 256, 512):
        lengths[f"test_env_c2c_{n}"] = (n, False)
        lengths[f"test_env_r2c_{n}"] = (n // 2, True)
    return f'#include "ecm_fft.h"\n\n{transforms_c(lengths)}'


@dataclass(frozen=True)
class Programs:
    """The tests of all modules, in one program or in as many as the memory asks for."""

    target: Target
    folder: Path
    programs: tuple[Path, ...]

    def run(self) -> str:
        """Run them in order; everything that they printed."""
        try:
            return "".join(building.run(self.target, path) for path in self.programs)
        except building.FailedError as error:
            pytest.fail(str(error), pytrace=False)


def build(target: Target, folder: Path) -> Programs:
    """Compile library, support and all C tests.

    What is in the folder already is not compiled again: it is one target's.
    """
    try:
        objects = _compile(
            target,
            folder,
            library(target),
            tests=(HERE / f"{name}.c" for name in MODULES),
        )
        programs = _link(target, folder, objects, MODULES)
    except building.FailedError as error:
        pytest.fail(str(error), pytrace=False)
    return Programs(target, folder, tuple(programs))


def build_one(target: Target, folder: Path, source: Path) -> Programs:
    """Compile a file that has ecm_test_run_all, and what it includes."""
    try:
        headers = re.findall(r'#include "(\w+\.h)"', source.read_text("utf-8"))
        files = building.library_of(target, headers)
        objects = _compile(target, folder, files, others=[source])
        program = building.link(target, objects, folder / "one.elf")
    except building.FailedError as error:
        pytest.fail(str(error), pytrace=False)
    return Programs(target, folder, (program,))


def _compile(
    target: Target,
    folder: Path,
    files: Iterable[str],
    *,
    tests: Iterable[Path] = (),
    others: Iterable[Path] = (),
) -> list[Path]:
    platform = SUPPORT / f"platform_{target.platform}.c"
    support = [SUPPORT / "ecm_test.c", platform]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ecm_test_plans.h").write_text(plans_h())
    return building.compile_all(
        target, folder, library=files, others=[*others, *support], tests=tests
    )


def _link(
    target: Target, folder: Path, objects: list[Path], modules: Sequence[str]
) -> list[Path]:
    """Link one program, or two of half as many modules if it does not fit."""
    name = f"run_{modules[0]}_{len(modules)}"
    runner = folder / f"{name}.c"
    runner.write_text(
        "void ecm_test_run_all(void);\n"
        + "".join(f"void {module}(void);\n" for module in modules)
        + "void ecm_test_run_all(void)\n{\n"
        + "".join(f"    {module}();\n" for module in modules)
        + "}\n"
    )
    made = building.compile_all(target, folder, library=(), others=[runner])
    try:
        return [building.link(target, [*objects, *made], folder / f"{name}.elf")]
    except building.FailedError as error:
        if "does not fit" not in str(error) or len(modules) == 1:
            raise
    half = len(modules) // 2
    return [
        program
        for part in (modules[:half], modules[half:])
        for program in _link(target, folder, objects, part)
    ]
