"""Cross-compilers: finding them, calling them, and passing their words on."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ecmkit.errors import BuildError, MissingError
from ecmkit.targets import Target

__all__ = [
    "GCC_PACKAGES",
    "Compiler",
    "CompilerName",
    "find_compiler",
    "missing_compilers",
    "run_tool",
]

CompilerName = Literal["auto", "gcc", "zig"]

GCC_PACKAGES = {
    "arm-none-eabi-": "gcc-arm-none-eabi",
    "riscv64-unknown-elf-": "gcc-riscv64-unknown-elf",
    "avr-": "gcc-avr avr-libc",
}
"""Debian's packages of cross-compilers, by the prefix of their programs."""

_TIMEOUT_S = 300


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """A compiler that is here, and how it builds for one target."""

    name: Literal["gcc", "zig"]
    version: str
    command: tuple[str, ...]
    archiver: tuple[str, ...]
    flags: tuple[str, ...]
    """Flags of the core."""
    libraries: tuple[str, ...]
    """For the linker, of the compiler's own routines."""

    def compile(self, source: str, output: str, *flags: str, cwd: Path) -> None:
        """Compile one C file; paths are relative to `cwd`.

        Raises
        ------
        BuildError
            With the compiler's own words.
        """
        run_tool([*self.command, *self.flags, *flags, "-c", source, "-o", output], cwd)

    def link(
        self, objects: Sequence[str], output: str, *, script: str, cwd: Path
    ) -> None:
        """Link firmware without a C library, by a linker script.

        Raises
        ------
        BuildError
            With the linker's own words: how much too large, what is undefined.
        """
        command = [
            *self.command, *self.flags, "-static", *objects, *self.libraries,
            f"-Wl,-T,{script}", "-Wl,--gc-sections", "-Wl,--build-id=none",
            "-o", output,
        ]  # fmt: skip
        run_tool(command, cwd)

    def archive(self, objects: Sequence[str], output: str, *, cwd: Path) -> None:
        """Put objects into a static library without times or owners in it."""
        run_tool([*self.archiver, "rcsD", output, *objects], cwd)


def find_compiler(target: Target, which: CompilerName = "auto") -> Compiler:
    """Find a compiler for a target.

    Parameters
    ----------
    target : Target
        What to compile for.
    which : {"auto", "gcc", "zig"}
        ``auto`` takes GCC where it is installed, else the zig wheel.

    Returns
    -------
    Compiler

    Raises
    ------
    MissingError
        If there is none; says how to install one.
    ValueError
        If `which` is not one of the three.
    """
    if which not in ("auto", "gcc", "zig"):
        raise ValueError(f"compiler is {which!r}, expected auto, gcc or zig")
    if target.cpu.source_only:
        raise MissingError(f"{target.name}: {target.cpu.source_only}")
    reasons = missing_compilers(target)
    wanted = reasons if which == "auto" else {which: reasons[which]}
    for name, reason in wanted.items():
        if not reason:
            return _gcc(target) if name == "gcc" else _zig(target)
    ways = " or ".join(dict.fromkeys(wanted.values()))
    raise MissingError(f"no compiler for {target.cpu.name}: {ways}")


def missing_compilers(target: Target) -> dict[str, str]:
    """Say for each compiler why it cannot build for a target; empty if it can."""
    cpu = target.cpu
    gcc = zig = ""
    if cpu.gcc is None:
        gcc = "gcc does not know it"
    elif shutil.which(f"{cpu.gcc.prefix}gcc") is None:
        package = GCC_PACKAGES.get(
            cpu.gcc.prefix, f"a package with {cpu.gcc.prefix}gcc"
        )
        gcc = f"`apt-get install --no-install-recommends {package}`"
    if cpu.zig is None:
        zig = "zig does not know it"
    elif importlib.util.find_spec("ziglang") is None:
        zig = "`pip install ecmkit[cross]`"
    return {"gcc": gcc, "zig": zig}


def run_tool(command: Sequence[str], cwd: Path) -> str:
    """Run a tool of a toolchain.

    Parameters
    ----------
    command : sequence of str
        The tool and its arguments.
    cwd : Path
        Where it runs.

    Returns
    -------
    str
        Its standard output.

    Raises
    ------
    BuildError
        If it fails or hangs; carries its words.
    """
    environment = {**os.environ, "LC_ALL": "C", "SOURCE_DATE_EPOCH": "0"}
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(f"{command[0]} took more than {_TIMEOUT_S} s") from error
    if done.returncode != 0:
        raise BuildError(_explain(Path(command[0]).name, done.stderr + done.stdout))
    return done.stdout


_OVERFLOW = re.compile(
    r"region [`'](?P<region>\w+)'(?::)? overflowed by (?P<bytes>\d+) bytes"
)


def _explain(tool: str, words: str) -> str:
    """Put a memory that is too small first, then everything that the tool said."""
    worst: dict[str, int] = {}
    for found in _OVERFLOW.finditer(words):
        worst[found["region"]] = max(worst.get(found["region"], 0), int(found["bytes"]))
    lines = [
        f"the image is {excess} bytes larger than the {region} of the target"
        for region, excess in worst.items()
    ]
    return "\n".join([*lines, f"{tool}:", words.strip()])


def _gcc(target: Target) -> Compiler:
    gcc = target.cpu.gcc
    if gcc is None:
        raise MissingError(f"{target.cpu.name} names no flags for gcc")
    version = run_tool(
        [f"{gcc.prefix}gcc", "-dumpfullversion", "-dumpversion"], Path.cwd()
    )
    return Compiler(
        name="gcc",
        version=version.strip(),
        command=(f"{gcc.prefix}gcc",),
        archiver=(f"{gcc.prefix}ar",),
        flags=gcc.flags,
        libraries=("-nostdlib", *gcc.libraries),
    )


def _zig(target: Target) -> Compiler:
    own = target.cpu.zig
    if own is None:
        raise MissingError(f"{target.cpu.name} names no flags for zig")
    zig = (sys.executable, "-m", "ziglang")
    version = run_tool([*zig, "version"], Path.cwd())
    # Freestanding means -fno-builtin there: four bytes copied would become a call. And
    # optimising for speed adds debug information, with the path of the build in it.
    extra = ("-fhosted", "-fbuiltin", "-fno-sanitize=undefined", "-g0")
    return Compiler(
        name="zig",
        version=version.strip(),
        command=(*zig, "cc"),
        archiver=(*zig, "ar"),
        flags=(*own.flags, *extra),
        libraries=(),  # it links its own routines unasked
    )
