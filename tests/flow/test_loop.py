"""The whole loop, run as a user runs it: what is there afterwards, and what is not."""

import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import mlflow
import msgspec
import numpy as np
import pandas as pd
import pytest

from ecmkit.flow import RunReport
from ecmkit.package import load_package
from ecmkit.registry import Registry
from tests.cli.runner import Done, ecmkit
from tests.flow.conftest import Finished, hashes, stages
from tests.flow.small import write_project

pytestmark = pytest.mark.emulator


class TestResults:
    def test_it_ends_well_and_says_where_the_results_are(
        self, finished: Finished
    ) -> None:
        assert (finished.first.code, finished.first.err) == (0, "")
        for name in ("report.html", "package"):
            assert str(finished.folder / name) in finished.first.out
        lines = finished.first.out.splitlines()
        for row in finished.report.summary:
            line = next(x for x in lines if f" {row.stage} " in x)
            assert row.text[:40] in line

    def test_the_folder_holds_nothing_else(self, finished: Finished) -> None:
        names = sorted(path.name for path in finished.folder.iterdir())
        assert names == [
            "drift.html", "model-card.md", "package", "report.html", "report.json",
        ]  # fmt: skip

    def test_the_report_tells_one_story(self, finished: Finished) -> None:
        report = finished.report
        assert (report.name, report.seed, report.target) == (
            "small", 3, "nucleo-f401re"
        )  # fmt: skip
        assert report.gate_passed
        assert report.gate.passed
        assert report.operate is not None
        assert report.drift is not None
        assert report.operate.verdict == report.drift.verdict == "drift"
        assert report.operate.verdict_before == "stable"
        assert report.operate.emulated_windows == 2
        assert report.operate.emulated_differences == 0
        assert len(report.folds) == 3
        assert not any(fold.leaky for fold in report.folds)
        assert report.leaky is not None
        assert report.leaky.leaky

    def test_the_package_is_whole_and_carries_its_evidence(
        self, finished: Finished
    ) -> None:
        package = load_package(finished.folder / "package")
        readme = (package.path / "README.md").read_text("utf-8")
        assert "Not gated yet" not in readme
        # of the target's file: the project names no current
        charge = (
            r"\| charge per day, sampling 100 % of it \| [\d.]+ mAh \| estimated \|"
        )
        assert re.search(charge, readme)
        stored = msgspec.json.decode((package.path / "gate.json").read_bytes())
        assert stored["package_id"] == package.id
        assert all(row["passed"] for row in stored["rows"])

    def test_the_better_model_is_champion_and_the_request_is_closed(
        self, finished: Finished
    ) -> None:
        loop, operated = finished.report.loop, finished.report.operate
        assert loop is not None
        assert operated is not None
        assert loop.promoted
        assert (loop.champion_version, loop.challenger_version) == (1, 2)
        registry = Registry(finished.runs / "registry")
        assert registry.versions("small") == (1, 2)
        assert registry.alias("small", "champion") == 2
        assert registry.alias("small", "challenger") == 2
        assert operated.request
        assert registry.open_requests("small") == {}

    def test_the_released_package_is_the_champion_of_the_registry(
        self, finished: Finished
    ) -> None:
        stored = Registry(finished.runs / "registry").fetch("small", 2)
        released = load_package(finished.folder / "package")
        assert load_package(stored).id == released.id
        first = load_package(Registry(finished.runs / "registry").fetch("small", 1))
        lineage = {row.what: row.hash for row in finished.report.lineage}
        assert lineage["package"] == first.id != released.id
        assert lineage["challenger's package"] == released.id
        for model in released.manifest.models:
            assert lineage[f"challenger's {model.name}, compiled"] == model.hash
        assert finished.report.challenger[0].package_id == released.id

    def test_every_training_has_the_picture_of_its_result(
        self, finished: Finished
    ) -> None:
        logged = finished.runs / "registry" / "artifacts"
        for name in ("classifier", "distance", "reconstruction"):
            trainings = [p.parent for p in logged.glob(f"{name}/*/*/training.json")]
            assert len(trainings) == 2
            for folder in trainings:
                picture = (folder / "confusion.png").read_bytes()
                assert picture.startswith(b"\x89PNG")

    def test_the_regression_runs_in_the_package(self, finished: Finished) -> None:
        released = load_package(finished.folder / "package")
        assert released.manifest.models[-1].kind == "values"
        result = next(m for m in finished.report.models if m.name == "regression")
        assert "mean absolute error" in result.result
        header = (released.path / "src" / "ecm_package.h").read_text("utf-8")
        assert "ECM_PACKAGE_VALUE_0_FAULT_SIZE = 0," in header
        assert finished.report.operate is not None
        assert finished.report.operate.emulated_differences == 0

    def test_each_version_has_its_model_card(self, finished: Finished) -> None:
        registry = Registry(finished.runs / "registry")
        first, second = (registry.card("small", v) for v in (1, 2))
        report, loop = finished.report, finished.report.loop
        assert loop is not None
        assert loop.changed is not None
        for card, gate in ((first, report.gate), (second, report.challenger[0])):
            assert card.startswith("# small\n\nWatches channel DE of a machine")
            for title in ("Data", "Figures", "Limits", "Contract", "Costs", "Lineage"):
                assert f"\n## {title}\n" in card
            assert gate.package_id in card
            for row in gate.rows:
                assert f"| {row.label} |" in card
        for fold in report.folds:
            figure = (
                f"| {fold.held_out} | {fold.windows} | {fold.balanced_accuracy:.3f}"
            )
            assert figure in first
        assert "(leaky)" in first
        assert f"| {loop.changed.challenger:.3f} |" in second
        stored = (finished.folder / "model-card.md").read_text("utf-8")
        assert stored == second
        about = registry.version("small", 2).about
        assert about.startswith("Watches channel DE of a machine and tells inner and")

    def test_a_server_of_mlflow_serves_the_champion(self, finished: Finished) -> None:
        store = f"sqlite:///{finished.runs}/registry/mlflow.db"
        mlflow.set_tracking_uri(store)
        try:
            served = mlflow.pyfunc.load_model("models:/small@champion")
        finally:
            mlflow.set_tracking_uri(None)
        names = load_package(finished.folder / "package").contract.names
        rows = pd.DataFrame(np.zeros((3, len(names)), np.float32), columns=names)
        found = served.predict(rows)
        detectors = ["distance", "reconstruction_error"]
        assert list(found.columns[-3:]) == [*detectors, "fault_size"]
        assert len(found) == 3

    def test_what_the_classifier_needs_is_measured_and_logged(
        self, finished: Finished
    ) -> None:
        worth = finished.report.importance
        # Of the features that it may read, no others.
        assert {one.name for one in worth} == {
            "rms", "band_fraction_2000_3000", "band_fraction_3000_4500",
        }  # fmt: skip
        assert [one.drop for one in worth] == sorted(
            [o.drop for o in worth], reverse=True
        )
        logged = finished.runs / "registry" / "artifacts"
        assert len([*logged.glob("classifier/*/*/importance.png")]) == 2
        assert not [*logged.glob("distance/*/*/importance.png")]

    def test_each_model_is_traced_to_what_it_learnt_from(
        self, finished: Finished
    ) -> None:
        registry = Registry(finished.runs / "registry")
        lineage = {row.what: row.hash for row in finished.report.lineage}
        record = registry.training(registry.run_of("small", 1))
        assert record.data_hash == lineage["recordings, train stretch"]
        assert record.model_hash == lineage["classifier, trained"]
        assert record.contract_id == lineage["feature contract"]
        assert record.plan_hash == lineage["feature plan"]


class TestSecondRun:
    def test_nothing_is_computed_again(self, finished: Finished) -> None:
        assert finished.again.code == 0
        assert stages(finished.runs) == finished.stages
        kinds = {stage.split("/")[1] for stage in finished.stages}
        assert kinds == {
            "simulate", "extract", "protocol", "train", "calibrate", "package", "gate",
            "operate", "close", "monitors", "memory",
        }  # fmt: skip

    def test_the_files_are_the_same(self, finished: Finished) -> None:
        assert hashes(finished.folder) == finished.files

    def test_json_is_the_report_and_nothing_else(self, finished: Finished) -> None:
        assert finished.again.err == ""
        assert msgspec.json.decode(finished.again.out, type=RunReport) == (
            finished.report
        )


class TestNothingIsLeftBehind:
    def test_in_the_folder_for_temporary_files(self, finished: Finished) -> None:
        # Those of torch and onnxruntime are their own: one for each user, whatever they
        # are used for.
        others = ("torchinductor", ".ses")
        assert [name for name in finished.left if not name.startswith(others)] == []

    def test_beside_results_and_stages(self, finished: Finished) -> None:
        hidden = [p for p in finished.runs.rglob(".*") if p.name != ".cache"]
        assert hidden == []
        names = sorted(path.name for path in finished.runs.iterdir())
        assert names == [".cache", "registry", "small"]


@dataclass(frozen=True)
class Missed:
    """The project with too tight a budget, to be proven on two targets."""

    done: Done
    runs: Path


@pytest.fixture(scope="module")
def missed(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Missed:
    folder = tmp_path_factory.mktemp("missed")
    shutil.copytree(finished.runs, folder / "runs")
    project = write_project(
        folder, stack_bytes="99", seed='3\nprove_on = ["mps2-an386"]'
    )
    done = ecmkit("run", project, "--runs", folder / "runs")
    return Missed(done, folder / "runs")


class TestMissedBudget:
    def test_it_is_a_finding_and_the_text_says_by_how_much(
        self, missed: Missed
    ) -> None:
        assert (missed.done.code, missed.done.err) == (1, "")
        stored = (missed.runs / "small" / "report.json").read_bytes()
        report = msgspec.json.decode(stored, type=RunReport)
        assert not report.gate_passed
        assert [gate.target for gate in report.proofs] == ["mps2-an386"]
        said = " ".join(missed.done.out.replace("│", " ").split())
        for gate in (report.gate, *report.proofs):
            row = next(row for row in gate.rows if row.what == "stack")
            assert row.excess == row.value - 99 > 0
            words = f"{row.value:.0f} B is {row.excess:.0f} above the budget of 99"
            assert f"{gate.target} MISSED: stack: {words}" in said
        assert "not released" in said

    def test_what_was_refused_is_no_package_and_no_champion(
        self, missed: Missed
    ) -> None:
        names = sorted(path.name for path in (missed.runs / "small").iterdir())
        assert names == ["refused", "report.html", "report.json"]
        assert Registry(missed.runs / "registry").versions("small") == (1, 2)
        refused = load_package(missed.runs / "small" / "refused")
        assert "budget 99" in (refused.path / "README.md").read_text("utf-8")

    def test_the_models_are_not_trained_again(
        self, missed: Missed, finished: Finished
    ) -> None:
        new = set(stages(missed.runs)) - set(finished.stages)
        names = sorted(name.split("/")[1] for name in new)
        assert names == ["gate", "gate", "memory", "package"]
