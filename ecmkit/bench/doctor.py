"""What of the toolchains and emulators is here, and how to get the rest."""

import importlib.metadata
import shutil
from pathlib import Path

import msgspec

from ecmkit.bench import qemu_runner
from ecmkit.package.toolchain import run_tool

__all__ = ["Finding", "doctor"]

_WHEELS = "pip install ecmkit[cross]"


class Finding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tool."""

    name: str
    purpose: str
    version: str
    """Empty if it is not here."""
    install: str
    """The line that installs it."""
    instead: str = ""
    """What does its work where it is missing."""


def doctor() -> tuple[Finding, ...]:
    """Look for every tool that packaging and the bench can use."""
    return (
        _program("gcc", "host build of packages", "apt-get install gcc", "ziglang"),
        _program(
            "arm-none-eabi-gcc",
            "firmware for Cortex-M",
            "apt-get install --no-install-recommends gcc-arm-none-eabi",
            "ziglang",
        ),
        _wheel("ziglang", "a second C compiler, host and Cortex-M", "gcc"),
        _wheel("pyelftools", "sizes of linked images"),
        _wheel("unicorn", "runs firmware", "qemu-system-arm"),
        Finding(
            name="qemu-system-arm",
            purpose="runs firmware on emulated boards",
            version=qemu_runner.version(),
            install="apt-get install --no-install-recommends qemu-system-arm",
            instead="unicorn",
        ),
    )


def _program(name: str, purpose: str, install: str, instead: str) -> Finding:
    found = shutil.which(name)
    version = run_tool([name, "-dumpfullversion"], Path.cwd()) if found else ""
    return Finding(
        name=name,
        purpose=purpose,
        version=version.strip(),
        install=install,
        instead=instead,
    )


def _wheel(name: str, purpose: str, instead: str = "") -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        version = ""
    return Finding(
        name=name, purpose=purpose, version=version, install=_WHEELS, instead=instead
    )
