"""What was released before: the gate reports in the packages of the registry."""

from collections.abc import Iterator
from dataclasses import dataclass

from ecmkit import bench
from ecmkit.registry import Registry

__all__ = ["RECENT", "Release", "baseline_of", "last_release", "releases"]

RECENT = 30
"""Versions that are looked at: each is read whole, from a server perhaps."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A version of a model, as it was gated on one target."""

    version: int
    aliases: tuple[str, ...]
    report: bench.GateReport


def releases(registry: Registry, name: str, target: str) -> Iterator[Release]:
    """Versions that were gated on a target, the newest first: of the last `RECENT`.

    Parameters
    ----------
    registry : Registry
        Where packages are stored.
    name : str
        Name of the model.
    target : str
        Name of the target.

    Yields
    ------
    Release
    """
    aliases = registry.aliases(name)
    for version in reversed(registry.versions(name)[-RECENT:]):
        own = tuple(sorted(a for a, at in aliases.items() if at == version))
        for report in bench.read_gates(registry.fetch(name, version)):
            if report.target == target:
                yield Release(version=version, aliases=own, report=report)


def last_release(registry: Registry, name: str, target: str) -> Release | None:
    """Return what is in service on a target: the champion, or what passed before it.

    A version that is newer than the champion was not released: it is passed over.
    """
    champion = registry.alias(name, "champion")
    if champion is None:
        return None
    for release in releases(registry, name, target):
        if release.version == champion:
            return release
        if release.version < champion and release.report.passed:
            return release
    return None


def baseline_of(
    registry: Registry, name: str, target: str, package_id: str
) -> bench.GateReport | None:
    """Return what a package is to be compared with.

    The last release; for a package that was released itself, what it was compared with
    then, so that the same package always gets the same verdict.
    """
    known = list(releases(registry, name, target))
    for release in known:
        if release.report.package_id == package_id:
            before = (
                other.report
                for other in known
                if other.report.package_id == release.report.baseline
            )
            return next(before, None)
    last = last_release(registry, name, target)
    return last.report if last else None
