"""The family of runners: what executes firmware, by name."""

import importlib
from typing import Protocol

from ecmkit.bench.records import Golden, Measurement
from ecmkit.errors import MissingError
from ecmkit.package import Package
from ecmkit.targets import Target

__all__ = ["RUNNERS", "choose_runner", "missing_runners", "run"]

RUNNERS = {
    "qemu": "ecmkit.bench.qemu_runner",
    "unicorn": "ecmkit.bench.unicorn_runner",
    "simavr": "ecmkit.bench.simavr_runner",
}
"""Module by name, in the order in which ``auto`` tries them."""


class _Runner(Protocol):
    def available(self, target: Target) -> str: ...

    def run(
        self, package: Package, target: Target, golden: Golden, *, timeout_s: float
    ) -> Measurement: ...


def choose_runner(target: Target, runner: str = "auto") -> str:
    """Name of the runner that is to be used.

    Parameters
    ----------
    target : Target
        What is to be run.
    runner : str
        A name of `RUNNERS`, or ``auto`` for the first that can run the target here.

    Raises
    ------
    MissingError
        If none can; says why each cannot, or why packages for it are not compiled.
    ValueError
        If there is no such runner.
    """
    if runner != "auto" and runner not in RUNNERS:
        raise ValueError(f"runner is {runner!r}, expected auto, {', '.join(RUNNERS)}")
    if target.cpu.source_only:
        raise MissingError(f"{target.name}: {target.cpu.source_only}")
    if not target.emulators and runner == "auto":
        raise MissingError(
            f"no emulator knows {target.name}: gate on an emulated machine with its "
            f"core, {target.cpu.name}"
        )
    found = missing_runners(target)
    reasons = found if runner == "auto" else {runner: found[runner]}
    for name, reason in reasons.items():
        if not reason:
            return name
    raise MissingError("; ".join(reasons.values()))


def missing_runners(target: Target) -> dict[str, str]:
    """Say for each runner why it cannot run a target here; empty if it can."""
    return {name: _load(name).available(target) for name in RUNNERS}


def run(
    package: Package,
    target: Target,
    golden: Golden,
    *,
    runner: str = "auto",
    timeout_s: float = 300.0,
) -> Measurement:
    """Run the firmware of a package on a golden signal.

    Parameters
    ----------
    package : Package
        Built for `target`.
    target : Target
        Where it runs.
    golden : Golden
        What to push.
    runner : str
        As for `choose_runner`.
    timeout_s : float
        Wall clock after which the firmware is given up.

    Returns
    -------
    Measurement

    Raises
    ------
    DeviceError
        If the firmware faults, hangs or is refused.
    MissingError
        If no runner can.
    """
    name = choose_runner(target, runner)
    return _load(name).run(package, target, golden, timeout_s=timeout_s)


def _load(name: str) -> _Runner:
    module: _Runner = importlib.import_module(RUNNERS[name])
    return module
