"""``ecmkit registry``: list, show, promote, alias, in words and as JSON."""

from pathlib import Path

import msgspec
import pytest

from ecmkit.registry import ModelVersion, Registry
from tests.cli.runner import Done, ecmkit
from tests.registry.conftest import training

CARD = "# pump\n\nTells worn pumps from healthy ones.\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two versions of a pump, one of a fan."""
    folder = tmp_path_factory.mktemp("cli") / "registry"
    package = folder.parent / "package"
    package.mkdir()
    (package / "manifest.json").write_text("{}")
    registry = Registry(folder)
    run_id = registry.log_training(training(), files={})
    registry.register("pump", run_id=run_id, package_dir=package, card=CARD)
    for name in ("pump", "fan"):
        registry.register(name, run_id=run_id, package_dir=package)
    registry.promote("pump", 1)
    return folder


def said(store: Path, *arguments: object) -> Done:
    return ecmkit("registry", *arguments, "--store", store)


def test_list_names_versions_and_aliases(store: Path) -> None:
    done = said(store, "list", "--json")
    found = msgspec.json.decode(done.out, type=list[ModelVersion])
    assert [(one.name, one.version) for one in found] == [
        ("fan", 1), ("pump", 2), ("pump", 1),
    ]  # fmt: skip
    assert found[2].aliases == ("champion",)
    done = said(store, "list")
    assert (done.code, done.err) == (0, "")
    assert "champion" in done.out
    assert "worn" in done.out


def test_show_tells_of_training_and_card(store: Path) -> None:
    done = said(store, "show", "pump")
    assert (done.code, done.err) == (0, "")
    assert "pump version 1 (champion)" in done.out
    assert "balanced_accuracy 0.91" in done.out
    assert CARD in done.out
    done = said(store, "show", "pump", 2, "--json")
    told = msgspec.json.decode(done.out)
    assert told["version"]["version"] == 2
    assert told["training"]["family"] == "random-forest"
    assert told["card"] == ""
    assert "numpy" in told["environment"]["packages"]
    assert Path(told["package"], "manifest.json").is_file()


def test_promote_and_roll_back(store: Path) -> None:
    done = said(store, "promote", "pump", 2)
    assert done.out == "pump: champion is version 2, before: 1\n"
    done = said(store, "promote", "pump", 1, "--json")
    assert msgspec.json.decode(done.out) == {"champion": 1}


def test_aliases_are_set_and_withdrawn(store: Path) -> None:
    assert said(store, "alias", "pump", "shadow", 2).out == (
        "pump: shadow is version 2\n"
    )
    done = said(store, "alias", "pump", "shadow")
    assert done.out == "pump: shadow is nowhere, before: 2\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "fan"), "model 'fan' has no champion; the models are fan, pump"),
        (("show", "pump", 9), "no version 9; it has 1, 2"),
        (("promote", "pump", 9), "no version 9"),
        (("alias", "pump", "champoin", 1), "did you mean 'champion'"),
        (("alias", "pump", "challenger"), "has no challenger"),
    ],
)
def test_what_there_is_not_is_refused(store, arguments, words: str) -> None:
    done = said(store, *arguments)
    assert (done.code, done.out) == (2, "")
    assert words in " ".join(done.err.split())


def test_a_folder_without_registry_does_not_become_one(tmp_path: Path) -> None:
    done = said(tmp_path / "typo", "list")
    assert done.code == 2
    assert "found no registry" in done.err
    assert list(tmp_path.iterdir()) == []
