"""What of the toolchains and emulators is here, and how to get the rest."""

import importlib.metadata
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from ecmkit.bench import pyocd_runner, qemu_runner, simavr_runner
from ecmkit.bench.runners import missing_runners
from ecmkit.package.toolchain import GCC_PACKAGES, missing_compilers, run_tool
from ecmkit.targets import Target, list_targets, load_target

__all__ = ["Finding", "TargetCheck", "check_target", "doctor"]

_WHEELS = "pip install ecmkit[cross]"
_APT = "apt-get install --no-install-recommends"
_CORES = {
    "arm-none-eabi-": "Cortex-M",
    "riscv64-unknown-elf-": "32-bit RISC-V",
    "avr-": "AVR",
}


State = Literal["ready", "compiled", "sources", "missing"]


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
    targets: tuple[str, ...] = ()
    """Targets that cannot be built or run here for want of it."""

    @property
    def passed(self) -> bool:
        """Whether nothing has to be installed."""
        return self.version != "" or (self.instead != "" and not self.targets)


class TargetCheck(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What can be done with a target on this machine."""

    name: str
    state: State
    """``ready``: packages can be compiled and gated here; ``compiled``: no emulator
    knows it; ``sources``: packages for it are sources; ``missing``: this machine lacks
    a compiler or an emulator."""
    compilers: dict[str, str]
    """Why each compiler cannot build for it; empty if it can."""
    runners: dict[str, str]
    """Why each runner cannot run it; empty if it can."""
    source_only: str
    """Why packages for it are sources alone; empty if they are compiled."""
    unverified: tuple[str, ...]
    """Figures that nobody looked up."""

    @property
    def words(self) -> str:
        """The outcome in a sentence."""
        if self.state == "sources":
            return f"source only: {self.source_only}"
        by, on = (
            " or ".join(name for name, reason in ways.items() if not reason)
            for ways in (self.compilers, self.runners)
        )
        if self.state == "ready":
            return f"compiled by {by}, run by {on}"
        if self.state == "compiled":
            return (
                f"compiled by {by}; no emulator knows it: gate on a machine that does"
            )
        lacks = [
            " or ".join(ways.values())
            for ways in (self.compilers, self.runners)
            if all(ways.values())
        ]
        return "; ".join(lacks)


def check_target(target: Target) -> TargetCheck:
    """Say whether packages for a target can be compiled and gated here.

    Parameters
    ----------
    target : Target
        As `ecmkit.targets.load_target` read it.

    Returns
    -------
    TargetCheck

    Examples
    --------
    >>> from ecmkit.targets import load_target
    >>> check_target(load_target("esp32")).state
    'sources'
    """
    only = target.cpu.source_only
    compilers = {} if only else dict(missing_compilers(target))
    runners = {} if only else missing_runners(target)
    state: State = "ready" if target.emulators else "compiled"
    if only:
        state = "sources"
    elif all(compilers.values()) or (target.emulators and all(runners.values())):
        state = "missing"
    return TargetCheck(
        name=target.name,
        state=state,
        compilers=compilers,
        runners=runners,
        source_only=only,
        unverified=target.unverified,
    )


def doctor(*, targets: Iterable[Target] | None = None) -> tuple[Finding, ...]:
    """Look for every tool that packaging and the bench can use.

    Parameters
    ----------
    targets : iterable of Target, optional
        Those that matter: only their tools are looked for. The default is all that come
        with ecmkit.

    Returns
    -------
    tuple of Finding
    """
    chosen = [load_target(name) for name in list_targets()]
    if targets is not None:
        chosen = list(targets)
    return (
        _program(
            "gcc", "host build of packages", _version("gcc"), "apt-get install gcc",
            instead="ziglang",
        ),
        *_compilers(chosen),
        _wheel("pyelftools", "sizes of linked images"),
        *_emulators(chosen),
        *_probes(chosen),
    )  # fmt: skip


def _compilers(targets: Sequence[Target]) -> Iterable[Finding]:
    for prefix, package in GCC_PACKAGES.items():
        own = [t for t in targets if t.cpu.gcc and t.cpu.gcc.prefix == prefix]
        if own:
            yield _program(
                f"{prefix}gcc",
                f"firmware for {_CORES[prefix]}",
                _version(f"{prefix}gcc"),
                f"{_APT} {package}",
                instead="ziglang" if all(t.cpu.zig for t in own) else "",
                targets=[t.name for t in own if all(missing_compilers(t).values())],
            )
    own = [t for t in targets if t.cpu.zig]
    yield _wheel(
        "ziglang",
        "a second C compiler: host, Cortex-M, 32-bit RISC-V",
        "gcc",
        targets=[t.name for t in own if all(missing_compilers(t).values())],
    )


def _emulators(targets: Sequence[Target]) -> Iterable[Finding]:
    def blocked(runner: str, *archs: str) -> list[str]:
        return [
            t.name
            for t in targets
            if runner in t.emulators
            and t.cpu.arch in archs
            and all(missing_runners(t).values())
        ]

    known = {(runner, t.cpu.arch) for t in targets for runner in t.emulators}
    if known & {("unicorn", "arm"), ("unicorn", "riscv32")}:
        yield _wheel(
            "unicorn",
            "runs firmware for Cortex-M and 32-bit RISC-V",
            "qemu",
            targets=blocked("unicorn", "arm", "riscv32"),
        )
    for arch, (program, package) in qemu_runner.PROGRAMS.items():
        if ("qemu", arch) in known:
            yield _program(
                program,
                "runs firmware on emulated boards",
                qemu_runner.version(program),
                f"{_APT} {package}",
                instead="unicorn",
                targets=blocked("qemu", arch),
            )
    if ("simavr", "avr") in known:
        yield _program(
            "libsimavr",
            "runs firmware for AVR, with cycles",
            simavr_runner.version(),
            simavr_runner.INSTALL,
            targets=blocked("simavr", "avr"),
        )


def _probes(targets: Sequence[Target]) -> Iterable[Finding]:
    if any(t.probe.pyocd for t in targets):
        yield _wheel(
            "pyocd",
            "reaches boards by a debug probe",
            "a debug server with the runner gdb",
            install=pyocd_runner.INSTALL,
        )


def _version(name: str) -> str:
    if shutil.which(name) is None:
        return ""
    return run_tool([name, "-dumpfullversion", "-dumpversion"], Path.cwd()).strip()


def _program(
    name: str,
    purpose: str,
    version: str,
    install: str,
    *,
    instead: str = "",
    targets: Iterable[str] = (),
) -> Finding:
    return Finding(
        name=name,
        purpose=purpose,
        version=version,
        install=install,
        instead=instead,
        targets=() if version else tuple(targets),
    )


def _wheel(
    name: str,
    purpose: str,
    instead: str = "",
    *,
    install: str = _WHEELS,
    targets: Iterable[str] = (),
) -> Finding:
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        version = ""
    return _program(name, purpose, version, install, instead=instead, targets=targets)
