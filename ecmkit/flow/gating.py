"""Gate a project or a package alone: the part of a run that asks what it costs."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ecmkit import bench, package
from ecmkit.errors import FormatError, saying
from ecmkit.flow import loop, operate, release
from ecmkit.flow.context import Context, Progress
from ecmkit.flow.release import Built
from ecmkit.flow.release_history import Release, baseline_of, releases
from ecmkit.formats import load_toml
from ecmkit.registry import ALIASES, Registry
from ecmkit.targets import load_target

__all__ = ["Benched", "bench_package", "bench_project", "load_budget"]

_VERSION = re.compile(r"(?:(?P<name>.+)/)?(?P<version>\d+|[a-z]+)")


@dataclass(frozen=True, kw_only=True)
class Benched:
    """What a gate found, with what was released before."""

    name: str
    """Of the model in the registry."""
    package: package.Package
    report: bench.GateReport
    baseline: bench.GateReport | None
    """What it was compared with."""
    releases: tuple[Release, ...]
    """For the same target, the oldest first; empty without a registry."""
    cached: bool
    """Whether the gate itself was found instead of run."""


def bench_project(
    project_file: Path,
    *,
    target: str | None = None,
    runner: str = "auto",
    baseline: str | None = None,
    data: Path | None = None,
    runs: Path = Path("runs"),
    fresh: bool = False,
    targets: Iterable[Path] = (),
    timeout_s: float = 300.0,
    connect: str = "",
    progress: Progress = lambda stage, note: None,
) -> Benched:
    """Build a project's package for a target and gate it; nothing is released.

    The stages are those of `ecmkit.flow.run` and are kept in the same cache, so that
    what either has done is not done again.

    Parameters
    ----------
    project_file : Path
        TOML, see `Project`.
    target : str, optional
        In place of the project's.
    runner : str
        ``auto``, or a name of `ecmkit.bench.RUNNERS`.
    baseline : str, optional
        A ``gate.json``, a package, ``VERSION`` or ``ALIAS`` of the project's registry,
        or ``none``. The default is the last release for the same target.
    data, runs, fresh, targets, progress
        As for `ecmkit.flow.run`.
    timeout_s : float
        Wall clock after which the firmware is given up; on a board, of each run.
    connect : str
        Where a board is reached, see `ecmkit.bench.choose_runner`.

    Returns
    -------
    Benched
        A missed budget is a row that did not pass, not an error.

    Raises
    ------
    EcmError
        Naming what is wrong.
    """
    context, _ = loop.prepare(
        project_file,
        folder=data,
        runs=runs,
        fresh=fresh,
        targets=targets,
        progress=progress,
        only=target,
        runner=runner,
        connect=connect,
    )
    name = context.project.name
    _, _, built = loop.build(context)
    pack = built.package
    before = _baseline(baseline, context.registry, name, pack)
    golden = operate.golden_signal(context.life["reference"], pack)
    progress("gate", f"on {context.target.name}")
    hits = len(context.cache.hits)
    if runner not in bench.BOARD_RUNNERS:  # which finds the same each time
        pack, report = release.gate_package(
            context, built, pack, context.target, golden, before, runner=runner
        )
    else:
        report = _gate(context, built, golden, before, runner, timeout_s, connect)
    return Benched(
        name=name,
        package=pack,
        report=report,
        baseline=before,
        releases=_history(context.registry, name, report),
        cached="gate" in context.cache.hits[hits:],
    )


def _gate(
    context: Context,
    built: Built,
    golden: bench.Golden,
    before: bench.GateReport | None,
    runner: str,
    timeout_s: float,
    connect: str,
) -> bench.GateReport:
    """Gate on something that may find other figures each time."""
    return bench.gate(
        built.package,
        target=context.target,
        golden=golden,
        budget=_for_runner(context.project.gate, runner),
        runner=runner,
        timeout_s=timeout_s,
        connect=connect,
        log=context.runs / f"{context.project.name}.bench.jsonl",
        host=built.host,
        accuracy=built.accuracy,
        baseline=before,
        supply=context.project.power,
    )


def _for_runner(budget: bench.Budget, runner: str) -> bench.Budget:
    """Leave out the limits on instructions, which no board counts."""
    if runner not in bench.BOARD_RUNNERS:
        return budget
    return msgspec.structs.replace(
        budget, instructions_per_window=None, instructions_per_step=None
    )


def bench_package(
    path: Path,
    *,
    target: str | None = None,
    runner: str = "auto",
    baseline: str | None = None,
    budget: bench.Budget | None = None,
    golden: bench.Golden | None = None,
    store: Path | str | None = None,
    targets: Iterable[Path] = (),
    timeout_s: float = 300.0,
    connect: str = "",
    progress: Callable[[str, str], None] = lambda stage, note: None,
) -> Benched:
    """Gate a package on the golden signal that it carries.

    Parameters
    ----------
    path : Path
        Folder of the package.
    target : str, optional
        Has to be the one that it was built for.
    runner, baseline, targets, timeout_s, connect, progress
        As for `bench_project`; versions of another model than the package's name are
        ``NAME/VERSION``.
    budget : Budget, optional
        The default is the one that it was gated against before, if any.
    golden : Golden, optional
        In place of the package's own.
    store : Path or str, optional
        The registry; None: none.

    Returns
    -------
    Benched

    Raises
    ------
    EcmError
        Naming what is wrong.
    """
    pack = package.load_package(path)
    made_for = pack.manifest.target
    if target is not None and load_target(target, search=targets).name != made_for:
        raise FormatError(
            f"{path}: built for {made_for}, --target is {target}: gate the project to "
            "build it for another target"
        )
    known = load_target(made_for, search=targets)
    evidence = bench.read_gates(path)
    own = next((r for r in evidence if r.package_id == pack.id), None)
    if golden is None:
        with saying("not gated before, and no --golden"):
            golden, _ = bench.read_golden(pack)
    registry = None if store is None else Registry(store)
    before = _baseline(baseline, registry, pack.manifest.name, pack)
    progress("gate", f"on {known.name}")
    with saying(str(path)):
        report = bench.gate(
            pack,
            target=known,
            golden=golden,
            budget=_for_runner(
                budget or (own.budget if own else None) or bench.Budget(), runner
            ),
            runner=runner,
            timeout_s=timeout_s,
            connect=connect,
            accuracy=own.accuracy if own else None,
            baseline=before,
            supply=_supply(own),
        )
    return Benched(
        name=pack.manifest.name,
        package=pack,
        report=report,
        baseline=before,
        releases=_history(registry, pack.manifest.name, report),
        cached=False,
    )


def _supply(own: bench.GateReport | None) -> bench.Supply | None:
    """Currents and duty cycle that a package was gated with before."""
    if own is None or own.charge is None:
        return None
    found = own.charge
    return bench.Supply(
        active_ma=found.active_ma,
        idle_ma=found.idle_ma,
        sleep_ma=found.sleep_ma,
        duty=found.duty,
    )


class _GateFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file with a table [gate]; what else is in it, such as a project, is ignored."""

    gate: bench.Budget


def load_budget(path: Path) -> bench.Budget:
    """Read the table ``[gate]`` of a TOML file, such as a project's.

    Raises
    ------
    FormatError
        Naming file, field, found and expected.
    """
    return load_toml(path, _GateFile).gate


def _baseline(
    said: str | None, registry: Registry | None, name: str, pack: package.Package
) -> bench.GateReport | None:
    """Find what a package is to be compared with."""
    target = pack.manifest.target
    if said == "none":
        return None
    if said is None:
        if registry is None:
            return None
        return baseline_of(registry, name, target, pack.id)
    path = Path(said)
    if path.exists():
        found = bench.read_gates(path)
        where = f"--baseline {said}"
    else:
        parts = _VERSION.fullmatch(said)
        if parts is None or registry is None:
            raise FormatError(
                f"--baseline {said}: found no such file, expected a gate.json, a "
                "package, a version of a registry that is there, or none"
            )
        name = parts["name"] or name
        version = _version(registry, name, parts["version"])
        found = bench.read_gates(registry.fetch(name, version))
        where = f"--baseline {said}: version {version} of {name}"
    chosen = next((r for r in found if r.target == target), None)
    if chosen is None:
        others = ", ".join(r.target for r in found) or "none"
        raise FormatError(f"{where}: gated on {others}, expected {target}")
    return chosen


def _version(registry: Registry, name: str, said: str) -> int:
    if said.isdigit():
        return int(said)
    version = registry.alias(name, said) if said in ALIASES else None
    if version is None:
        raise FormatError(
            f"--baseline {said}: found no such alias of {name!r}, expected a version "
            f"or one of {', '.join(registry.aliases(name)) or 'none'}"
        )
    return version


def _history(
    registry: Registry | None, name: str, report: bench.GateReport
) -> tuple[Release, ...]:
    if registry is None:
        return ()
    found = releases(registry, name, report.target)
    return tuple(reversed([r for r in found if r.report.counter == report.counter]))
