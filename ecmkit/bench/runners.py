"""The family of runners: what executes firmware, by name."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ecmkit.bench.mailbox import Mailbox
from ecmkit.bench.records import Golden, Measurement
from ecmkit.errors import MissingError
from ecmkit.package import Package
from ecmkit.targets import Target

__all__ = ["RUNNERS", "choose_runner", "execute", "run"]

RUNNERS = {
    "qemu": "ecmkit.bench.qemu_runner",
    "unicorn": "ecmkit.bench.unicorn_runner",
}
"""Module by name, in the order in which ``auto`` tries them."""


class _Runner(Protocol):
    def available(self, target: Target) -> str: ...

    def run(
        self,
        firmware: Path,
        target: Target,
        plan: Callable[[str], Mailbox],
        *,
        timeout_s: float,
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
        If none can; says why each cannot.
    ValueError
        If there is no such runner.
    """
    if runner != "auto" and runner not in RUNNERS:
        raise ValueError(f"runner is {runner!r}, expected auto, {', '.join(RUNNERS)}")
    names = RUNNERS if runner == "auto" else (runner,)
    reasons = {name: _load(name).available(target) for name in names}
    for name, reason in reasons.items():
        if not reason:
            return name
    raise MissingError("; ".join(reasons.values()))


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
    return execute(
        package.firmware,
        target,
        lambda file: Mailbox.plan(package, target, golden, file=file),
        runner=runner,
        timeout_s=timeout_s,
    )


def execute(
    firmware: Path,
    target: Target,
    plan: Callable[[str], Mailbox],
    *,
    runner: str = "auto",
    timeout_s: float = 300.0,
) -> Measurement:
    """Run firmware that has the bench in it; `run` does so with that of a package.

    Parameters
    ----------
    firmware : Path
        Image, linked for `target`.
    target : Target
        Where it runs.
    plan : callable
        Lays the mailbox out, given the name of the file that is to be written through
        semihosting, or none.
    runner, timeout_s
        As for `run`.
    """
    name = choose_runner(target, runner)
    return _load(name).run(firmware, target, plan, timeout_s=timeout_s)


def _load(name: str) -> _Runner:
    module: _Runner = importlib.import_module(RUNNERS[name])
    return module
