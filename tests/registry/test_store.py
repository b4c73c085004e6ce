import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import pytest

from ecmkit.errors import EcmError, FormatError
from ecmkit.registry import Registry
from ecmkit.registry import store as module
from tests.registry.conftest import request as a_request
from tests.registry.conftest import training

FILES = {"model.onnx": b"\x08\x08", "figures/confusion.png": b"\x89PNG"}


def test_training_is_recorded_with_lineage(registry: Registry, root: Path) -> None:
    run_id = registry.log_training(training(), files=FILES)
    assert registry.training(run_id) == training()
    # What MLflow's own reader sees.
    client = mlflow.MlflowClient(tracking_uri=f"sqlite:///{root}/mlflow.db")
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params == {"n_trees": "40"}
    assert run.data.metrics == {"balanced_accuracy": 0.91, "recall/inner": 1.0}
    assert run.data.tags["ecmkit.data_hash"] == "d" * 64
    assert run.data.tags["ecmkit.plan_hash"] == "p" * 64
    stored = client.download_artifacts(run_id, "figures/confusion.png")
    assert Path(stored).read_bytes() == b"\x89PNG"


def test_many_parameters_and_metrics_are_written_in_batches(registry: Registry) -> None:
    many = training(
        params={f"p{i}": str(i) for i in range(230)},
        metrics={f"m{i}": float(i) for i in range(120)},
    )
    run_id = registry.log_training(many, files={})
    run = registry._client.get_run(run_id)
    assert len(run.data.params) == 230
    assert run.data.metrics["m119"] == 119.0


def test_metrics_that_are_not_finite_are_refused(registry: Registry) -> None:
    with pytest.raises(ValueError, match="recall"):
        registry.log_training(training(metrics={"recall": float("nan")}), files={})


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "../x", "1a", "a'b"])
def test_names_that_mlflow_would_misread_are_refused(registry, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        registry.log_training(training(name=name), files={})
    with pytest.raises(ValueError, match="name"):
        registry.open_requests(name)
    with pytest.raises(ValueError, match="name"):
        registry.alias(name, "champion")


def test_file_names_cannot_leave_the_run(registry: Registry) -> None:
    with pytest.raises(ValueError, match="relative"):
        registry.log_training(training(), files={"../out": b""})


def test_versions_aliases_and_rollback(registry: Registry, package: Path) -> None:
    assert registry.alias("classifier", "champion") is None
    run_id = registry.log_training(training(), files=FILES)
    first = registry.register("classifier", run_id=run_id, package_dir=package)
    (package / "src" / "model.c").write_text("int y;\n")
    second = registry.register("classifier", run_id=run_id, package_dir=package)
    assert (first, second) == (1, 2)
    assert registry.versions("classifier") == (1, 2)
    assert registry.run_of("classifier", 2) == run_id
    assert (registry.fetch("classifier", 1) / "src/model.c").read_text() == "int x;\n"
    assert (registry.fetch("classifier", 2) / "src/model.c").read_text() == "int y;\n"
    registry.promote("classifier", 1)
    registry.promote("classifier", 2, alias="challenger")
    assert registry.alias("classifier", "champion") == 1
    registry.promote("classifier", 2)
    assert registry.alias("classifier", "champion") == 2
    registry.promote("classifier", 1)
    assert registry.alias("classifier", "champion") == 1
    assert registry.alias("classifier", "shadow") is None


def test_another_process_sees_the_same(registry, root: Path, package: Path) -> None:
    run_id = registry.log_training(training(), files=FILES)
    registry.register("classifier", run_id=run_id, package_dir=package)
    registry.promote("classifier", 1)
    code = (
        "import sys; from ecmkit.registry import Registry; r = Registry(sys.argv[1]);"
        "v = r.alias('classifier', 'champion');"
        "print((r.fetch('classifier', v) / 'manifest.json').read_text())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "{}\n"
    assert done.stderr == ""


def test_damaged_package_is_refused(registry: Registry, package: Path) -> None:
    run_id = registry.log_training(training(), files=FILES)
    registry.register("classifier", run_id=run_id, package_dir=package)
    (registry.fetch("classifier", 1) / "src" / "model.c").write_text("int evil;\n")
    with pytest.raises(FormatError, match="expected"):
        registry.fetch("classifier", 1)


def test_unknown_versions_are_refused(registry: Registry, package: Path) -> None:
    run_id = registry.log_training(training(), files=FILES)
    registry.register("classifier", run_id=run_id, package_dir=package)
    with pytest.raises(ValueError, match="no version 7; it has 1"):
        registry.promote("classifier", 7)
    with pytest.raises(ValueError, match="it has none"):
        registry.fetch("nobody", 1)


def test_register_needs_a_known_run_and_files(registry, package, tmp_path) -> None:
    with pytest.raises(ValueError, match="not found"):
        registry.register("classifier", run_id="0" * 32, package_dir=package)
    run_id = registry.log_training(training(), files=FILES)
    with pytest.raises(ValueError, match="folder with files"):
        registry.register("classifier", run_id=run_id, package_dir=tmp_path / "none")


# ---- a writer that dies leaves nothing to be read ----


class Died(BaseException):
    """Stands for a kill: nothing catches it by habit."""


def die(*args: object, **options: object) -> None:
    raise Died


def test_training_whose_writer_died_is_invisible(
    registry, package, monkeypatch
) -> None:
    monkeypatch.setattr(module, "write_files", die)
    with pytest.raises(Died):
        registry.log_training(training(), files=FILES)
    monkeypatch.undo()
    found = registry._client.get_experiment_by_name("classifier")
    (run,) = registry._client.search_runs([found.experiment_id])
    assert run.info.status == "FAILED"
    with pytest.raises(ValueError, match="incomplete"):
        registry.training(run.info.run_id)
    with pytest.raises(ValueError, match="incomplete"):
        registry.register("classifier", run_id=run.info.run_id, package_dir=package)


def test_version_whose_writer_died_is_invisible(registry, package, monkeypatch) -> None:
    run_id = registry.log_training(training(), files=FILES)
    monkeypatch.setattr(registry._client, "set_model_version_tag", die)
    with pytest.raises(Died):
        registry.register("classifier", run_id=run_id, package_dir=package)
    monkeypatch.undo()
    assert registry.versions("classifier") == ()
    with pytest.raises(ValueError, match="no version 1"):
        registry.promote("classifier", 1)
    # The next attempt is a version of its own.
    assert registry.register("classifier", run_id=run_id, package_dir=package) == 2


def test_request_whose_writer_died_is_invisible(registry, monkeypatch) -> None:
    monkeypatch.setattr(module, "write_files", die)
    with pytest.raises(Died):
        registry.request_retraining(a_request())
    monkeypatch.undo()
    assert registry.open_requests("classifier") == {}


def test_interrupted_first_use_leaves_no_half_database(tmp_path, monkeypatch) -> None:
    from ecmkit.registry import tracking

    monkeypatch.setattr(tracking, "connect", die)
    with pytest.raises(Died):
        Registry(tmp_path / "fresh")
    assert list((tmp_path / "fresh").iterdir()) == []


# ---- requests ----


def test_requests_are_listed_until_a_version_answers(registry, package) -> None:
    assert registry.open_requests("classifier") == {}
    late = registry.request_retraining(
        a_request(created=datetime(2026, 5, 1, tzinfo=UTC), reason="later")
    )
    early = registry.request_retraining(a_request())
    registry.request_retraining(a_request(name="other"))
    found = registry.open_requests("classifier")
    assert list(found) == [early, late]
    assert found[early] == a_request()
    run_id = registry.log_training(training(), files=FILES)
    version = registry.register("classifier", run_id=run_id, package_dir=package)
    registry.close_request(early, version=version)
    assert list(registry.open_requests("classifier")) == [late]
    with pytest.raises(ValueError, match="closed"):
        registry.close_request(early, version=version)


def test_only_requests_with_an_existing_version_can_be_closed(registry) -> None:
    request_id = registry.request_retraining(a_request())
    with pytest.raises(ValueError, match="no version 4"):
        registry.close_request(request_id, version=4)
    run_id = registry.log_training(training(), files={})
    with pytest.raises(ValueError, match="status none"):
        registry.close_request(run_id, version=1)
    assert list(registry.open_requests("classifier")) == [request_id]


def test_damaged_request_names_the_file(registry, root: Path) -> None:
    registry.request_retraining(a_request())
    (path,) = root.rglob("request.json")
    path.write_text('{"version": 1}')
    with pytest.raises(FormatError, match=r"request\.json"):
        registry.open_requests("classifier")


# ---- the store itself ----


def test_everything_lies_in_the_folder(registry, root, package, tmp_path) -> None:
    before = set(tmp_path.iterdir())
    run_id = registry.log_training(training(), files=FILES)
    registry.register("classifier", run_id=run_id, package_dir=package)
    assert {path.name for path in root.iterdir()} == {"mlflow.db", "artifacts", "mark"}
    assert set(tmp_path.iterdir()) == before


def test_database_that_is_none_is_an_ecmkit_error(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_bytes(b"not a database" * 100)
    with pytest.raises(EcmError, match="registry"):
        Registry(tmp_path).versions("classifier")


def test_address_of_a_database_works_too(template: Path, root: Path) -> None:
    registry = Registry(f"sqlite:///{root}/mlflow.db")
    assert registry.versions("classifier") == ()
    with sqlite3.connect(root / "mlflow.db") as connection:
        assert connection.execute("select count(*) from experiments").fetchone()[0] >= 1


def test_files_lie_beside_the_database(root, package, tmp_path, monkeypatch) -> None:
    """Not where the writer happens to stand."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    registry = Registry(f"sqlite:///{root}/mlflow.db")
    run_id = registry.log_training(training(), files=FILES)
    registry.register("classifier", run_id=run_id, package_dir=package)
    assert registry.fetch("classifier", 1).is_relative_to(root / "artifacts")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_more_models_than_a_page_holds_are_listed(
    registry, package, monkeypatch
) -> None:
    search = registry._client.search_registered_models
    monkeypatch.setattr(
        registry._client,
        "search_registered_models",
        lambda **page: search(max_results=1, **page),
    )
    run_id = registry.log_training(training(), files={})
    monkeypatch.setattr(registry, "_is_registered", lambda name: False)
    for name in ("fan", "gear", "pump"):
        registry.register(name, run_id=run_id, package_dir=package)
    # A model whose writer died before its first version is none.
    registry._client.create_registered_model("half")
    assert registry.names() == ("fan", "gear", "pump")
