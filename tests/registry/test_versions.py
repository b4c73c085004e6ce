"""What a version carries besides its package: card, served model, aliases."""

import re
from pathlib import Path

import mlflow
import pytest

from ecmkit.registry import ALIASES, Registry, environment
from tests.registry.conftest import training

CARD = "# pump\n\nTells worn\npumps from healthy ones.\n\n## Data\n\nTwo pumps.\n"


@pytest.fixture
def run_id(registry: Registry) -> str:
    return registry.log_training(training(), files={})


def test_a_training_keeps_what_it_ran_in(registry: Registry, run_id: str) -> None:
    found = registry.environment(run_id)
    assert found == environment()
    assert found is not None
    assert found.packages["mlflow"] == mlflow.__version__
    assert "not-installed" not in found.packages
    tags = registry._client.get_run(run_id).data.tags
    assert tags["ecmkit.python"] == found.python
    # Of trainings before this was kept there is none.
    registry._client.delete_tag(run_id, "ecmkit.python")
    assert registry.environment(run_id) is None
    assert registry.training(run_id) == training()


def test_curves_are_kept_epoch_by_epoch(registry: Registry) -> None:
    curves = {"loss": [1.0 / (i + 1) for i in range(250)], "val_loss": [0.5, 0.25]}
    run_id = registry.log_training(training(), files={}, curves=curves)
    history = registry._client.get_metric_history(run_id, "loss")
    assert [m.value for m in sorted(history, key=lambda m: m.step)] == curves["loss"]
    bad = {"val_loss": [0.5, float("inf")]}
    with pytest.raises(ValueError, match=r"val_loss .*not finite"):
        registry.log_training(training(), files={}, curves=bad)
    bad = {"balanced_accuracy": [0.5]}
    with pytest.raises(ValueError, match="balanced_accuracy"):
        registry.log_training(training(), files={}, curves=bad)


def test_numbers_are_written_in_few_calls(registry, monkeypatch) -> None:
    calls = []
    original = registry._client.log_batch
    monkeypatch.setattr(
        registry._client,
        "log_batch",
        lambda run_id, **parts: calls.append(parts) or original(run_id, **parts),
    )
    curves = {"loss": [0.5] * 190}
    registry.log_training(training(), files={}, curves=curves)
    assert len(calls) == 2


def test_a_version_is_described_by_its_card(registry, run_id, package) -> None:
    version = registry.register("pump", run_id=run_id, package_dir=package, card=CARD)
    found = registry.version("pump", version)
    assert found.about == "Tells worn pumps from healthy ones."
    assert (found.run_id, found.aliases) == (run_id, ())
    assert registry.card("pump", version) == CARD
    plain = registry.register("pump", run_id=run_id, package_dir=package)
    assert registry.card("pump", plain) == ""
    assert registry.version("pump", plain).about == ""


def test_mlflow_finds_the_served_model_by_alias(
    registry, root, run_id, package, tmp_path
) -> None:
    """The source of a version is an MLflow model with the package inside."""
    served = tmp_path / "served"
    served.mkdir()
    (served / "MLmodel").write_text("flavors: {}\n")
    registry.register("pump", run_id=run_id, package_dir=package, served_dir=served)
    registry.promote("pump", 1)
    client = mlflow.MlflowClient(f"sqlite:///{root}/mlflow.db")
    source = client.get_model_version_by_alias("pump", "champion").source
    inside = re.fullmatch(rf"runs:/{run_id}/(.*)", source).group(1)
    folder = Path(client.download_artifacts(run_id, inside))
    assert (folder / "MLmodel").read_text() == "flavors: {}\n"
    assert (folder / "package/src/model.c").is_file()
    assert (registry.fetch("pump", 1) / "src/model.c").is_file()
    # The package is what was registered, no file more.
    assert len([p for p in registry.fetch("pump", 1).rglob("*") if p.is_file()]) == 2


def test_no_version_is_written_twice(registry, run_id, package) -> None:
    """An overwritten file could be half-written when its version is read."""
    for _ in range(2):
        registry.register("pump", run_id=run_id, package_dir=package)
    assert registry.fetch("pump", 1) != registry.fetch("pump", 2)


def test_models_and_aliases_are_listed(registry, run_id, package) -> None:
    assert registry.names() == ()
    assert registry.aliases("pump") == {}
    for name in ("pump", "fan", "fan"):
        registry.register(name, run_id=run_id, package_dir=package)
    registry.promote("fan", 1)
    registry.promote("fan", 2, alias="shadow")
    assert registry.names() == ("fan", "pump")
    assert registry.aliases("fan") == {"champion": 1, "shadow": 2}
    assert registry.version("fan", 2).aliases == ("shadow",)
    registry.withdraw("fan", "shadow")
    assert registry.aliases("fan") == {"champion": 1}
    with pytest.raises(ValueError, match="'fan' has no shadow"):
        registry.withdraw("fan", "shadow")


def test_aliases_are_those_of_the_loop(registry, run_id, package) -> None:
    registry.register("pump", run_id=run_id, package_dir=package)
    with pytest.raises(ValueError, match="did you mean 'champion'"):
        registry.promote("pump", 1, alias="chmpion")
    assert ALIASES == ("champion", "challenger", "shadow")
