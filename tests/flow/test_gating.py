"""``ecmkit bench``: the chain of a project or a package, its budget, its release."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import msgspec
import numpy as np
import pytest

from ecmkit import bench
from ecmkit.bench import GateReport, changes, read_gates
from ecmkit.errors import FormatError
from ecmkit.flow.release_history import baseline_of, last_release, releases
from ecmkit.package import build, load_package
from ecmkit.registry import Registry
from ecmkit.targets import load_target
from tests.bench.stubs import PATIENCE_S, qemu, target_of, until
from tests.bench.test_runners import HANGS
from tests.bench.test_runners import _with_anomaly as with_anomaly
from tests.cli.runner import Done, ecmkit
from tests.flow.conftest import Finished
from tests.package.sample import SPEED_HZ
from tests.package.sample import signal as samples

pytestmark = pytest.mark.emulator

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Place:
    """A copy of the small project after its run, with its cache and registry."""

    project: Path
    runs: Path

    @property
    def package(self) -> Path:
        return self.runs / "small" / "package"

    def bench(self, what: Path, *options: object) -> Done:
        return ecmkit("bench", what, "--runs", self.runs, *options)

    def report(self, what: Path, *options: object) -> GateReport:
        done = self.bench(what, "--json", *options)
        assert done.code in (0, 1), done.err
        return msgspec.json.decode(done.out, type=GateReport)


@pytest.fixture(scope="module")
def place(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Place:
    root = tmp_path_factory.mktemp("bench")
    shutil.copytree(finished.runs, root / "runs")
    for path in finished.project.parent.glob("*.toml"):
        shutil.copyfile(path, root / path.name)
    return Place(root / "small.toml", root / "runs")


@pytest.fixture(autouse=True)
def _no_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("COLUMNS", "120")


class TestProject:
    def test_what_a_run_has_done_is_not_done_again(self, place: Place) -> None:
        before = sorted((place.runs / ".cache").glob("*/*"))
        done = place.bench(place.project)
        assert (done.code, done.err) == (0, "")
        assert "pump" not in done.out
        assert "small on nucleo-f401re: passed" in done.out
        assert "found in the cache" in done.out
        assert "compared with no release" in done.out
        assert sorted((place.runs / ".cache").glob("*/*")) == before

    def test_on_another_target_the_cost_of_each_stage_is_shown(
        self, place: Place
    ) -> None:
        done = place.bench(place.project, "--target", "mps2-an386")
        assert (done.code, done.err) == (0, "")
        for words in ("time", "envelope", "stats_sample", "estimated", "measured"):
            assert words in done.out
        again = place.bench(place.project, "--target", "mps2-an386")
        assert "found in the cache" in again.out

    def test_the_report_says_what_the_classifier_lost(self, place: Place) -> None:
        report = place.report(place.project)
        assert report.accuracy is not None
        assert 0.0 <= report.accuracy.compiled <= 1.0
        drop = next(row for row in report.rows if row.what == "accuracy drop")
        assert drop.value == report.accuracy.drop_points
        assert drop.label == "measured"

    def test_energy_is_estimated_where_the_board_names_a_current(
        self, place: Place
    ) -> None:
        report = place.report(place.project)
        energy = next(row for row in report.rows if row.what == "energy per window")
        assert energy.label == "estimated"
        assert report.estimate is not None
        low, high = report.estimate.cycles
        assert energy.value == pytest.approx(high / 84e6 * 12.5e-3 * 3.3 * 1e6)
        assert report.estimate.cpu_percent[1] == pytest.approx(
            100 * high / 84e6 / (512 / 12000)
        )
        assert low < high
        other = place.report(place.project, "--target", "mps2-an386")
        assert "energy per window" not in [row.what for row in other.rows]
        assert report.charge is not None
        assert other.charge is not None
        assert report.charge.missing == ""
        charge = next(row for row in report.rows if row.what == "charge per day")
        assert charge.label == "estimated"
        assert report.charge.mah_per_day is not None
        assert charge.value == report.charge.mah_per_day[1]
        assert other.charge.missing.startswith("`power.active_ma` and `power.sleep_ma`")

    def test_a_version_of_the_registry_is_a_baseline(self, place: Place) -> None:
        found = place.report(place.project, "--baseline", "small/champion")
        registry = Registry(place.runs / "registry")
        version = registry.alias("small", "champion")
        assert version is not None
        report = read_gates(registry.fetch("small", version))[0]
        assert found.baseline == report.package_id
        assert (found.changes == ()) == (found.package_id == report.package_id)

    def test_a_missed_budget_is_code_1_in_every_form(
        self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        project = place.project.with_name("tight.toml")
        text = place.project.read_text("utf-8")
        project.write_text(
            text.replace("flash_kib = 64", "flash_kib = 20").replace(
                "regression_percent = 60", "regression_percent = 2"
            )
        )
        older = place.report(place.project)
        grown = [
            msgspec.structs.replace(s, count=s.count * 9 // 10)
            if s.name == "transform" else s
            for s in older.stages
        ]  # fmt: skip
        file = tmp_path / "older.json"
        file.write_bytes(
            msgspec.json.encode(msgspec.structs.replace(older, stages=tuple(grown)))
        )
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "page.md"))
        (tmp_path / "page.md").write_text("before\n")
        names = {
            "--html": "gate.html", "--junit": "gate.xml", "--summary": "gate.md",
            "--code-quality": "quality.json", "--out": "gate.json",
        }  # fmt: skip
        options = [x for key, name in names.items() for x in (key, tmp_path / name)]
        done = place.bench(project, "--baseline", file, *options)
        assert (done.code, done.err) == (1, "")
        assert re.search(r"flash .* KiB over", done.out)
        assert re.search(r"stage +│ transform +│ [\d,]+ +│ .* │ \+11\.1 % ", done.out)
        assert f"::error file={project.as_posix()}" in done.out
        page = (tmp_path / "page.md").read_text("utf-8")
        assert page.startswith("before\n### Gate of small on nucleo-f401re: **failed**")
        root = ElementTree.parse(tmp_path / "gate.xml").getroot()
        assert root.attrib["failures"] == "2"
        assert len(json.loads((tmp_path / "quality.json").read_text("utf-8"))) == 2
        report = msgspec.json.decode(
            (tmp_path / "gate.json").read_bytes(), type=GateReport
        )
        assert [m.partition(":")[0] for m in report.misses] == ["flash", "growth"]
        html = (tmp_path / "gate.html").read_text("utf-8")
        assert html.count("<svg") == 3
        for words in ("misses its budget", "transform", "What moved", "Releases"):
            assert words in html
        assert not re.search(r"""(src|href)=["']https?:""", html)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
            [*names.values(), "older.json", "page.md"]
        )

    def test_a_board_is_reached_by_a_gdb_server(
        self, place: Place, tmp_path: Path
    ) -> None:
        target = target_of("mps2-an386")
        project = place.project.with_name("free.toml")
        text = place.project.read_text("utf-8")
        project.write_text(re.sub(r"\[gate\]\n(?:.+\n)*", "", text))
        how = ("--target", target.name, "--runner", "gdb")
        with qemu(target, tmp_path) as address:
            report = place.report(
                project, *how, "--connect", address, "--baseline", "none"
            )
        assert report.parity.compared > 100
        assert report.parity.differences == 0
        assert report.runner.startswith("gdb ")
        assert "instructions per window" not in [row.what for row in report.rows]
        done = place.bench(place.project, "--connect", "localhost:1")
        assert done.code == 2
        assert "runner 'auto' reaches no board" in done.err


def test_a_challenger_is_held_against_the_champion(finished: Finished) -> None:
    report = finished.report
    [challenger] = report.challenger
    assert challenger.baseline == report.gate.package_id
    assert [row.what for row in challenger.rows if row.budget == 60] == ["growth"]
    assert report.gate.baseline == ""  # nothing was released before


class TestPackage:
    def test_it_is_gated_on_the_signal_that_it_carries(self, place: Place) -> None:
        # It is the champion itself, and is held against what it was held against then.
        report = place.report(place.package)
        kept = read_gates(place.package)[0]
        assert report.package_id == kept.package_id
        assert report.baseline == kept.baseline
        assert changes(kept, report) == ()
        for name in ("stages", "functions", "symbols", "accuracy", "golden", "budget"):
            assert getattr(report, name) == getattr(kept, name)
        assert kept.golden == bench.golden_hash(bench.load_golden(place.package))

    def test_another_budget_and_another_signal(
        self, place: Place, tmp_path: Path
    ) -> None:
        budget, golden = tmp_path / "b.toml", tmp_path / "g.npy"
        budget.write_text("[gate]\nstack_bytes = 8\n")
        np.save(golden, samples(12))
        done = place.bench(
            place.package, "--budget", budget, "--golden", golden,
            "--speed", SPEED_HZ,
            "--baseline", place.package,
        )  # fmt: skip
        assert done.code == 1
        assert "the baseline ran on another golden signal" in done.out
        assert "passed" not in done.out


class TestBadInput:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--target", "nucleo-f401"], "did you mean nucleo-f401re"),
            (["--runner", "bochs"], "runner is 'bochs'"),
            (["--baseline", "nothing.json"], "found no such file"),
            (["--baseline", "shadow"], "found no such alias"),
            (["--baseline", "99"], "has no version 99"),
            (["--baseline", "other/1"], "model 'other' has no version 1"),
            (["--budget", "x.toml"], "--budget: is for packages"),
            (["--target", "mps2-an386", "--baseline", "1"], "expected mps2-an386"),
        ],
    )
    def test_of_a_project(self, place: Place, options: list[str], words: str) -> None:
        done = place.bench(place.project, *options)
        assert (done.code, done.out) == (2, "")
        assert words in done.err
        assert "Traceback" not in done.err

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--target", "mps2-an386"], "built for nucleo-f401re"),
            (["--fresh"], "--fresh: is for projects"),
            (["--golden", "x.npy"], "x.npy: no such file"),
            (["--budget", "x.toml"], "x.toml: no such file"),
        ],
    )
    def test_of_a_package(self, place: Place, options: list[str], words: str) -> None:
        done = place.bench(place.package, *options)
        assert (done.code, done.out) == (2, "")
        assert words in done.err

    def test_a_core_that_nothing_runs_here(self, place: Place) -> None:
        done = place.bench(place.project, "--target", "esp32-s3")
        assert done.code == 3
        assert "Xtensa LX7" in done.err

    def test_an_image_larger_than_the_flash(self, place: Place) -> None:
        own = place.project.parent / "targets"
        own.mkdir(exist_ok=True)
        (own / "tiny.toml").write_text(
            'inherits = "nucleo-f401re"\n[memory.flash]\nbytes = 0x4000\n'
        )
        done = place.bench(place.project, "--target", "tiny", "--targets", own)
        assert (done.code, done.out) == (2, "")
        assert re.search(r"the image is \d+ bytes larger than the flash", done.err)
        assert re.search(r"the largest in flash: \w+ [\d,]+ B, ", done.err)

    def test_a_package_that_was_never_gated(self, place: Place, tmp_path: Path) -> None:
        copy = shutil.copytree(place.package, tmp_path / "copy")
        shutil.rmtree(copy / "golden")
        done = place.bench(copy)
        assert done.code == 2
        assert "no --golden" in done.err

    def test_limits_on_what_is_not_known(self, place: Place, tmp_path: Path) -> None:
        copy = shutil.copytree(place.package, tmp_path / "copy")
        (copy / "gate.json").unlink()
        budget = tmp_path / "b.toml"
        budget.write_text("[gate]\naccuracy_drop_points = 1\n")
        done = place.bench(copy, "--budget", budget)
        assert done.code == 2
        assert "`accuracy_drop_points` is given" in done.err

    def test_evidence_that_is_damaged(self, tmp_path: Path) -> None:
        (tmp_path / "gate.json").write_text("{")
        with pytest.raises(FormatError, match=r"gate\.json: not JSON"):
            read_gates(tmp_path)
        (tmp_path / "gate.json").write_text('{"versoin": 2}')
        with pytest.raises(FormatError, match="did you mean `version`"):
            read_gates(tmp_path)


MAIN = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from ecmkit.cli import main
main()
"""


@pytest.mark.parametrize("runner", ["qemu", "unicorn"])
def test_control_c_leaves_no_process_and_nothing_half_written(
    runner: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    if runner == "qemu" and shutil.which("qemu-system-arm") is None:
        pytest.skip("qemu-system-arm is not installed")
    target = load_target("mps2-an386")
    objects = pytestconfig.cache.mkdir("ecmkit-objects")
    app = with_anomaly(HANGS)
    build(app, target=target, out=tmp_path / "pump", cache=objects)
    np.save(tmp_path / "g.npy", samples())
    out, tmp = tmp_path / "out", tmp_path / "tmp"
    out.mkdir()
    tmp.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", MAIN, "bench", "pump", "--golden", "g.npy",
         "--speed", str(SPEED_HZ),
         "--runner", runner, "--html", out / "a.html", "--junit", out / "a.xml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )  # fmt: skip
    until(lambda: _hangs(process.pid, runner), process)
    started = set(_descendants(process.pid))
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert not any(Path(f"/proc/{pid}").exists() for pid in started)
    assert list(out.iterdir()) == []
    assert [path.name for path in tmp.iterdir() if "ecmkit" in path.name] == []


def _hangs(pid: int, runner: str) -> bool:
    """Whether the firmware runs; it never ends."""
    if runner == "qemu":
        # Not yet where it is asked for its version or its machines.
        commands = [_told(f"{p}/cmdline") for p in _descendants(pid)]
        return any("qemu-system" in c and "-plugin" in c for c in commands)
    return "libunicorn" in _told(f"{pid}/maps") and not _descendants(pid)


def _descendants(pid: int) -> list[int]:
    own = [int(word) for word in _told(f"{pid}/task/{pid}/children").split()]
    return own + [p for child in own for p in _descendants(child)]


def _told(file: str) -> str:
    """What the kernel says of a process; nothing of one that has just ended."""
    try:
        return Path("/proc", file).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


@dataclass
class Shelf:
    """A registry of packages that consist of their evidence alone."""

    root: Path
    champion: int | None = None
    stored: dict[int, Path] = field(default_factory=dict)

    @property
    def registry(self) -> Registry:
        """Itself: it has all that is asked of one."""
        return cast(Registry, self)

    def add(self, version: int, *reports: GateReport) -> None:
        folder = self.root / str(version)
        folder.mkdir()
        (folder / "gate.json").write_bytes(msgspec.json.encode(reports[0]))
        (folder / "proofs.json").write_bytes(msgspec.json.encode(reports[1:]))
        self.stored[version] = folder

    def aliases(self, name: str) -> dict[str, int]:
        return {} if self.champion is None else {"champion": self.champion}

    def alias(self, name: str, alias: str) -> int | None:
        return self.aliases(name).get(alias)

    def versions(self, name: str) -> tuple[int, ...]:
        return tuple(sorted(self.stored))

    def fetch(self, name: str, version: int) -> Path:
        return self.stored[version]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


class TestBaseline:
    @pytest.fixture
    def report(self, place: Place) -> GateReport:
        return read_gates(place.package)[0]

    def of(self, report: GateReport, **fields: object) -> GateReport:
        return msgspec.structs.replace(report, **fields)

    def test_is_the_champion_and_not_what_is_newer(
        self, shelf: Shelf, report: GateReport
    ) -> None:
        for version in (1, 2, 3):
            shelf.add(version, self.of(report, package_id=f"p{version}"))
        target = report.target
        assert last_release(shelf.registry, "pump", target) is None
        shelf.champion = 2
        found = last_release(shelf.registry, "pump", target)
        assert found is not None
        assert (found.version, found.aliases) == (2, ("champion",))
        base = baseline_of(shelf.registry, "pump", target, "new")
        assert base is not None
        assert base.package_id == "p2"
        versions = [r.version for r in releases(shelf.registry, "pump", target)]
        assert versions == [3, 2, 1]

    def test_of_another_target_is_in_its_proofs_or_an_older_release(
        self, shelf: Shelf, report: GateReport
    ) -> None:
        on = {"target": "mps2-an386"}
        failed = tuple(
            msgspec.structs.replace(row, passed=False) for row in report.rows
        )
        shelf.add(1, self.of(report, **on, package_id="old"))
        shelf.add(2, self.of(report, **on, package_id="bad", rows=failed))
        shelf.add(3, report, self.of(report, **on, package_id="proof"))
        shelf.add(4, report)
        shelf.champion = 3
        found = baseline_of(shelf.registry, "p", "mps2-an386", "new")
        assert found is not None
        assert found.package_id == "proof"
        del shelf.stored[3]
        shelf.champion = 4
        found = baseline_of(shelf.registry, "p", "mps2-an386", "new")
        assert found is not None
        assert found.package_id == "old"
        assert baseline_of(shelf.registry, "p", "rpi-pico", "new") is None

    def test_of_what_was_released_is_the_one_that_it_had(
        self, shelf: Shelf, report: GateReport
    ) -> None:
        target = report.target
        shelf.add(1, self.of(report, package_id="one"))
        shelf.add(2, self.of(report, package_id="two", baseline="one"))
        shelf.champion = 2
        assert baseline_of(shelf.registry, "p", target, "one") is None
        found = baseline_of(shelf.registry, "p", target, "two")
        assert found is not None
        assert found.package_id == "one"


def test_a_released_package_carries_evidence_and_signal(place: Place) -> None:
    package = load_package(place.package)
    names = {path.name for path in package.path.iterdir()}
    assert {"gate.json", "golden"} <= names
    registry = Registry(place.runs / "registry")
    version = registry.alias("small", "champion")
    assert version is not None
    stored = {path.name for path in registry.fetch("small", version).iterdir()}
    assert {"gate.json", "golden"} <= stored
