"""A plugin for pytest: the fixture ``ecm_target`` gates packages from a user's tests.

    def test_the_pump_fits(ecm_target):
        report = ecm_target.gate("runs/pump/package")
        assert report.passed, report.misses

``--ecm-target NAME`` replaces the target and may be repeated: a test then runs on each.
With ``--ecm-json FILE`` the figures are written as pytest-benchmark writes its own, so
that ``pytest-benchmark compare`` reads them.
"""

import json
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ecmkit.bench import Budget, GateReport, Golden
    from ecmkit.package import Application, Package
    from ecmkit.targets import Target

__all__ = ["EcmTarget"]

_PROPERTY = "ecmkit.figure"
_FORMAT = "5.1.0"
"""Version of pytest-benchmark whose format the file has."""


@dataclass(frozen=True, kw_only=True)
class EcmTarget:
    """A target to build for and to gate on; what is found is kept with the test."""

    name: str
    """Of the target; empty: each package's own."""
    runner: str
    """``auto``, or a name of `ecmkit.bench.RUNNERS`."""
    folders: tuple[Path, ...] = ()
    """Folders with target files of the user's own."""
    objects: Path | None = None
    """Compiled files that are kept from one run of the tests to the next."""
    work: Path = field(default_factory=Path)
    """Where packages are built."""
    kept: list[tuple[str, "GateReport"]] = field(default_factory=list)
    """Name and report of each gate of this test."""

    def target(self, name: str = "") -> "Target":
        """Read the description of the target.

        Parameters
        ----------
        name : str
            Another one, where ``--ecm-target`` names none.

        Raises
        ------
        TargetError
            If there is no such target; names the nearest.
        ValueError
            If neither names one.
        """
        from ecmkit.targets import load_target

        chosen = self.name or name
        if not chosen:
            raise ValueError("ecm_target: found no target, expected --ecm-target NAME")
        return load_target(chosen, search=self.folders)

    def build(self, app: "Application", target: str = "") -> "Package":
        """Package an application for the target.

        Parameters
        ----------
        app : Application
            What to package.
        target : str
            As for `target`.

        Returns
        -------
        Package
            In a folder of the test.
        """
        from ecmkit.package import build

        known = self.target(target)
        out = self.work / f"{app.name}-{known.name}"
        return build(app, target=known, out=out, cache=self.objects)

    def gate(
        self,
        package: "Package | Path | str",
        *,
        golden: "Golden | None" = None,
        budget: "Budget | None" = None,
        baseline: "GateReport | Path | str | None" = None,
        timeout_s: float = 300.0,
        name: str = "",
    ) -> "GateReport":
        """Run a package on a golden signal and hold it against its budget.

        Parameters
        ----------
        package : Package, Path or str
            Built for the target, or its folder.
        golden : Golden, optional
            The default is the signal that the package carries.
        budget : Budget, optional
            The default is what it was gated against before, if it was.
        baseline : GateReport, Path or str, optional
            What it is compared with: a report, a ``gate.json`` or a package.
        timeout_s : float
            Wall clock after which the firmware is given up.
        name : str
            Of the figures; the default is that of the package.

        Returns
        -------
        GateReport
            A missed budget is not an error: assert that it ``passed``.

        Raises
        ------
        EcmError
            Naming what is wrong.
        """
        from ecmkit import bench
        from ecmkit.flow.gating import bench_package
        from ecmkit.package import Package

        path = package.path if isinstance(package, Package) else Path(package)
        report = bench_package(
            path,
            target=self.name or None,
            runner=self.runner,
            baseline="none",
            budget=budget,
            golden=golden,
            targets=self.folders,
            timeout_s=timeout_s,
        ).report
        if baseline is not None:
            if not isinstance(baseline, bench.GateReport):
                baseline = _of_target(Path(baseline), report.target)
            report = bench.against(report, baseline)
        self.kept.append((name or report.package, report))
        return report


def _of_target(path: Path, target: str) -> "GateReport":
    from ecmkit.bench import read_gates

    found = read_gates(path)
    for report in found:
        if report.target == target:
            return report
    others = ", ".join(report.target for report in found) or "nothing"
    raise ValueError(f"baseline {path}: gated on {others}, expected {target}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("ecmkit")
    group.addoption(
        "--ecm-target",
        action="append",
        default=[],
        metavar="NAME",
        help="target that ecm_target builds for and gates on; may be repeated",
    )
    group.addoption(
        "--ecm-runner", default="auto", metavar="NAME", help="auto, qemu, unicorn, ..."
    )
    group.addoption(
        "--ecm-targets",
        action="append",
        default=[],
        type=Path,
        metavar="DIR",
        help="folder with target files of your own; may be repeated",
    )
    group.addoption(
        "--ecm-json",
        type=Path,
        metavar="FILE",
        help="write the figures of all gates as pytest-benchmark writes its own",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Gather figures where they are asked for, in the process that reports."""
    file = config.getoption("--ecm-json")
    if file is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Gatherer(file), "ecmkit-figures")


class _Gatherer:
    """Writes down what the tests found, whichever process they ran in."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._figures: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the figures of a test that is over."""
        if report.when == "teardown":
            self._figures += [
                json.loads(str(value))
                for name, value in report.user_properties
                if name == _PROPERTY
            ]

    def pytest_sessionfinish(self) -> None:
        """Write all at once, complete or not at all."""
        from ecmkit import __version__
        from ecmkit.formats import write_atomic

        now = datetime.now(UTC).isoformat()
        record = {
            "machine_info": {
                "node": "",
                "machine": platform.machine(),
                "python_version": platform.python_version(),
                "system": platform.system(),
                "cpu": {},
            },
            "commit_info": {"id": "", "dirty": False, "time": now},
            "benchmarks": self._figures,
            "datetime": now,
            "version": _FORMAT,
            "ecmkit": __version__,
        }
        write_atomic(self._file, json.dumps(record, indent=1) + "\n")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each target that was named."""
    if "ecm_target" in metafunc.fixturenames:
        names = list(dict.fromkeys(metafunc.config.getoption("--ecm-target"))) or [""]
        metafunc.parametrize(
            "ecm_target", names, indirect=True, ids=[name or "own" for name in names]
        )


@pytest.fixture
def ecm_target(request: pytest.FixtureRequest, tmp_path: Path) -> Iterable[EcmTarget]:
    """Target to build for and to gate on, see `ecmkit.pytest_plugin.EcmTarget`."""
    cache = getattr(request.config, "cache", None)
    chosen = EcmTarget(
        name=request.param,
        runner=request.config.getoption("--ecm-runner"),
        folders=tuple(request.config.getoption("--ecm-targets")),
        objects=None if cache is None else cache.mkdir("ecmkit-objects"),
        work=tmp_path,
    )
    yield chosen
    for name, report in chosen.kept:
        request.node.user_properties += [
            (f"{name} on {report.target}: {row.what} [{row.unit}]", row.value)
            for row in report.rows
        ]
        if request.config.getoption("--ecm-json") is not None:
            figure = _figure(request.node.nodeid, name, report, chosen)
            if figure is not None:
                request.node.user_properties.append((_PROPERTY, json.dumps(figure)))


def _figure(
    test: str, name: str, report: "GateReport", chosen: EcmTarget
) -> dict[str, Any] | None:
    """Return a gate as an entry of ``benchmarks`` of pytest-benchmark.

    Its times are those of the cycles of a window at the target's clock: measured on
    hardware, else estimated, from the least to the most. Counts are in ``extra_info``.
    None where there is no table of cycles: instructions are not time.
    """
    if report.estimate is None:
        return None
    hz = chosen.target(report.target).clock.hz
    low, high = (cycles / hz for cycles in report.estimate.cycles)
    middle = (low + high) / 2.0
    measured = report.estimate.counter == "cycles-hw"
    return {
        "group": report.target,
        "name": f"{name}[{report.target}]",
        "fullname": f"{test}::{name}",
        "params": None,
        "param": None,
        "extra_info": {
            "label": "measured" if measured else "estimated",
            "target": report.target,
            "runner": report.runner,
            "package_id": report.package_id,
            **{f"{row.what} [{row.unit}]": row.value for row in report.rows},
            **{f"stage {s.name} [{report.counter}]": s.count for s in report.stages},
        },
        "options": {
            "disable_gc": False, "timer": report.estimate.counter, "min_rounds": 1,
            "max_time": 0.0, "min_time": 0.0, "warmup": False,
        },
        "stats": {
            "min": low, "max": high, "mean": middle, "median": middle, "stddev": 0.0,
            "iqr": 0.0, "q1": low, "q3": high, "iqr_outliers": 0, "total": middle,
            "stddev_outliers": 0, "outliers": "0;0", "ld15iqr": low, "hd15iqr": high,
            "ops": 1.0 / middle if middle else 0.0, "rounds": 1, "iterations": 1,
        },
    }  # fmt: skip
