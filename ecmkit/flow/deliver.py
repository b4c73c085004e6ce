"""Deliver: the champion of a project as a package for one target, sealed."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ecmkit import bench, package
from ecmkit.errors import FormatError, saying
from ecmkit.flow import loop, operate, release
from ecmkit.flow.card import card_for
from ecmkit.flow.context import Context, Progress
from ecmkit.flow.release import Built
from ecmkit.flow.report import costs_told
from ecmkit.flow.shadow import with_challengers
from ecmkit.formats import minisign, replace_dir, require_no_file, write_atomic
from ecmkit.package.manifest import CARD
from ecmkit.targets import load_target

__all__ = ["Delivered", "deliver"]

_ALL = 100.0
"""Percent of the processor."""


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What was written; nothing if there are misses."""

    package: package.Package | None
    report: bench.GateReport | None = None
    """What it costs; None for a package of sources alone."""
    archives: tuple[Path, ...] = ()
    misses: tuple[str, ...] = ()
    """Budgets that were missed, and by how much."""

    @property
    def costs(self) -> str:
        """What it costs in a line, or why nobody knows."""
        if self.report is not None:
            told = f"{self.report.target}: {costs_told(self.report)}"
            busy = next((r for r in self.report.rows if r.what == "cpu"), None)
            if busy is not None and busy.value > _ALL:
                told += "; windows come faster than the core works on them"
            return told
        if self.package is None:
            return ""
        made = self.package.manifest
        return f"{made.target}: not known, there is no compiler for {made.cpu} here"


def deliver(
    project_file: Path,
    *,
    target: str | None = None,
    out: Path,
    archives: Path | None = None,
    key: minisign.SecretKey | None = None,
    data: Path | None = None,
    runs: Path = Path("runs"),
    targets: Iterable[Path] = (),
    progress: Progress = lambda stage, note: None,
) -> Delivered:
    """Write the package of a project for a target, with its evidence and seal.

    Runs what of the loop has not run yet, then takes whichever model is champion.

    Parameters
    ----------
    project_file : Path
        TOML, see `Project`; its table ``package`` says what the package is called.
    target : str, optional
        Name of a target; the project's own if left out.
    out : Path
        Folder; an existing one is replaced as a whole.
    archives : Path, optional
        Folder for ``.tar.gz``, ``.zip`` and ``.pack`` of the same tree.
    key : SecretKey, optional
        Signs it.
    data, runs, targets, progress
        As of `run`.

    Returns
    -------
    Delivered

    Raises
    ------
    ValueError
        If `out` is a folder with something else in it than a package, or `archives` is
        inside of it.
    EcmError
        As `run`; and if an ecosystem could not take the package.
    """
    _check_out(out, archives)
    folders = (*targets, project_file.parent / "targets")
    chosen = None if target is None else load_target(target, search=folders)
    context, dropped = loop.prepare(
        project_file, folder=data, runs=runs, fresh=False, targets=targets,
        progress=progress,
    )  # fmt: skip
    with saying(f"{project_file}: `package`"):
        own = _dated(context)
    found = loop.stages(context, dropped)
    if found.closed is None:
        return Delivered(package=None, misses=found.gated.misses)
    champion = found.closed.champion
    own = replace(own, target=chosen or context.target, proofs=())
    app = with_challengers(own, champion.app)
    built = replace(
        champion.built,
        app=app,
        package=release.built_for(own, app, own.target, title="package"),
    )
    report = None
    if built.package.compiled:
        reference = context.life["reference"]
        gated = release.gate_stage(own, built, reference, title="package")
        if not gated.passed:
            return Delivered(package=None, misses=gated.misses)
        built, report = replace(built, package=gated.package), gated.report
    words = card_for(
        found.card, champion, of=context.target, package=built.package,
        target=own.target, report=report,
    )  # fmt: skip
    with replace_dir(out) as aside:
        shutil.copytree(built.package.path, aside, dirs_exist_ok=True)
        made = package.load_package(aside)
        if not made.compiled:
            _write_golden(context, built, made)
        write_atomic(aside / CARD, words)
        package.check_ecosystems(made)
        package.seal(made, key=key)
        written = package.write_archives(made, archives) if archives else ()
    return Delivered(package=replace(made, path=out), report=report, archives=written)


def _check_out(out: Path, archives: Path | None) -> None:
    """Refuse to replace what is no package: a mistyped path costs nobody a folder."""
    require_no_file(out)
    _require_writable(out, out.resolve().parent)  # filled aside, then renamed
    if archives is not None:
        require_no_file(archives)
        _require_writable(archives, archives.resolve())
    if out.is_dir() and any(out.iterdir()) and not package.is_package(out):
        raise ValueError(
            f"{out}: found a folder with something else in it, expected none or a "
            "package to replace"
        )
    if archives is not None and archives.resolve().is_relative_to(out.resolve()):
        raise ValueError(f"{archives}: expected a folder outside of the package, {out}")


def _require_writable(path: Path, where: Path) -> None:
    """Refuse early what is refused after minutes of work otherwise."""
    there = next(p for p in (where, *where.parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise ValueError(
            f"{path}: found {there}, expected a folder that may be written to"
        )


def _write_golden(context: Context, built: Built, made: package.Package) -> None:
    """Give a package of sources, which no gate runs, its golden signal all the same."""
    recordings = context.life["reference"]
    golden = operate.golden_signal(recordings, made)
    bench.write_golden(made, golden, built.host.run(golden))


def _dated(context: Context) -> Context:
    """Take the date of the release from SOURCE_DATE_EPOCH, if the project has none."""
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    own = context.project.package
    if own.date or not said:
        return context
    if not said.isdecimal():
        raise FormatError(f"SOURCE_DATE_EPOCH: found {said!r}, expected seconds")
    date = datetime.fromtimestamp(int(said), UTC).date().isoformat()
    dated = msgspec.structs.replace(own, date=date)
    return replace(
        context, project=msgspec.structs.replace(context.project, package=dated)
    )
