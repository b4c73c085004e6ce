"""Every core that comes with ecmkit is known to its compilers."""

import shutil
from pathlib import Path

import pytest

from ecmkit._paths import csrc_dir
from ecmkit.errors import MissingError
from ecmkit.package.build import library_flags
from ecmkit.package.objects import ObjectCache
from ecmkit.package.toolchain import CompilerName, find_compiler, missing_compilers
from ecmkit.targets import Target, list_targets, load_target

TARGETS = [load_target(name) for name in list_targets()]
CORES = {t.cpu.name: t for t in TARGETS if not t.cpu.source_only}
# Without -fno-if-conversion2, GCC 12 does not assemble it for a Cortex-M55.
SOURCE = "ecm_stats_q15.c"


def fill(folder: Path, target: Target) -> None:
    """Copy a module of the device library and all headers."""
    for path in (csrc_dir() / SOURCE, *csrc_dir().glob("*.h")):
        shutil.copyfile(path, folder / path.name)
    port = csrc_dir() / "port" / target.cpu.port / "ecm_port.h"
    shutil.copyfile(port, folder / port.name)
    (folder / "port").mkdir()
    for path in (csrc_dir() / "port").glob("*.h"):
        shutil.copyfile(path, folder / "port" / path.name)


def require(target: Target, compiler: CompilerName) -> None:
    reason = missing_compilers(target)[compiler]
    if reason:
        pytest.skip(reason)


@pytest.mark.parametrize(
    ("core", "compiler"),
    [
        (name, compiler)
        for name, target in CORES.items()
        for compiler, flags in (("gcc", target.cpu.gcc), ("zig", target.cpu.zig))
        if flags
    ],
)
def test_a_compiler_takes_the_flags_of_a_core(
    core: str, compiler: CompilerName, tmp_path: Path
) -> None:
    target = CORES[core]
    require(target, compiler)
    fill(tmp_path, target)
    tool = find_compiler(target, compiler)
    tool.compile(SOURCE, "made.o", *library_flags(target), cwd=tmp_path)
    assert (tmp_path / "made.o").read_bytes().startswith(b"\x7fELF")


def test_each_core_of_the_list_is_covered() -> None:
    assert {
        "cortex-m0", "cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m4f",
        "cortex-m7f", "cortex-m23", "cortex-m33f", "cortex-m55f", "cortex-m85f",
        "rv32imc", "rv32imac", "rv32imafc", "atmega328p", "atmega2560",
    } == CORES.keys()  # fmt: skip
    assert {t.cpu.name for t in TARGETS if t.cpu.source_only} == {
        "xtensa-lx6", "xtensa-lx7",
    }  # fmt: skip


def test_sources_are_nobodys_to_compile() -> None:
    target = next(t for t in TARGETS if t.cpu.source_only)
    with pytest.raises(MissingError, match=r"Xtensa .* vendor's own"):
        find_compiler(target)


class TestObjectCache:
    """An object is found where all that went into it is the same."""

    @pytest.fixture
    def target(self) -> Target:
        target = CORES["cortex-m4f"]
        if shutil.which("arm-none-eabi-gcc") is None:
            pytest.skip("arm-none-eabi-gcc is not installed")
        return target

    def compile(self, target: Target, cwd: Path, kept: Path, *flags: str) -> bytes:
        cache = ObjectCache(kept, cwd)
        cache.compile(find_compiler(target), SOURCE, "made.o", "-I.", *flags)
        return (cwd / "made.o").read_bytes()

    def test_what_was_compiled_is_found_elsewhere(
        self, target: Target, tmp_path: Path
    ) -> None:
        kept, cwd, other = (tmp_path / name for name in ("kept", "a", "b"))
        for folder in (cwd, other):
            folder.mkdir()
            fill(folder, target)
        made = self.compile(target, cwd, kept)
        (entry,) = kept.iterdir()
        entry.write_bytes(b"found")
        assert self.compile(target, other, kept) == b"found"
        assert made.startswith(b"\x7fELF")

    def test_another_flag_source_or_header_is_another_object(
        self, target: Target, tmp_path: Path
    ) -> None:
        kept, cwd = tmp_path / "kept", tmp_path / "a"
        cwd.mkdir()
        fill(cwd, target)
        self.compile(target, cwd, kept)
        self.compile(target, cwd, kept, "-O2")
        assert len([*kept.iterdir()]) == 2
        for name in ("ecm_port.h", SOURCE):
            with (cwd / name).open("a") as stream:
                stream.write("\n/* changed */\n")
            self.compile(target, cwd, kept)
        assert len([*kept.iterdir()]) == 4


def test_zig_is_what_the_wheels_bring() -> None:
    """Cortex-M and RISC-V need no package of the system."""
    wheels = {t.cpu.name for t in TARGETS if t.cpu.zig}
    assert {name for name in CORES if not name.startswith("atmega")} == wheels
