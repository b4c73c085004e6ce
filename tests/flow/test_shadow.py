"""Challengers of a package: the models of the version that an alias stands for."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from ecmkit import graph
from ecmkit.errors import FormatError
from ecmkit.flow.context import Context
from ecmkit.flow.shadow import with_challengers
from ecmkit.package import Application, build
from ecmkit.registry import Registry
from ecmkit.targets import load_target
from tests.package.sample import application, contract, models, rivals
from tests.registry.conftest import training


def register(registry: Registry, app: Application, place: Path) -> int:
    """Register an application's package with its served form."""
    pack = build(app, target=load_target("esp32"), out=place / "pack")
    graph.write_pyfunc(
        place / "served", app.models, features=app.contract.names,
        contract_id=app.contract.id,
    )  # fmt: skip
    run_id = registry.log_training(training(), files={})
    return registry.register(
        app.name, run_id=run_id, package_dir=pack.path, served_dir=place / "served"
    )


def test_an_alias_brings_its_models_beside_those_that_decide(tmp_path: Path) -> None:
    registry, said = Registry(tmp_path / "registry"), []
    project = SimpleNamespace(name="pump", shadow="challenger")
    context = cast(
        Context,
        SimpleNamespace(
            project=project,
            registry=registry,
            progress=lambda *words: said.append(words),
        ),
    )
    own = application()
    assert with_challengers(context, own) == own
    # The score is the champion's own, the class of the version another one.
    version = register(
        registry, application(models=(rivals()[0], models()[1])), tmp_path / "first"
    )
    assert with_challengers(context, own) == own
    registry.promote("pump", version, "challenger")
    found = with_challengers(context, own)
    assert [m.hash for m in found.shadow] == [rivals()[0].hash]
    assert [m.name for m in found.challengers] == ["shadow_classifier"]
    assert said == [("package", "version 1 runs beside: classifier")]
    assert with_challengers(context, found) == found
    alone = replace(own, models=own.models[1:])
    assert with_challengers(context, alone).shadow == ()
    project.shadow = ""
    assert with_challengers(context, found) == own

    other = contract(fs_hz=6000.0)
    version = register(registry, application(contract=other), tmp_path / "second")
    registry.promote("pump", version, "challenger")
    project.shadow = "challenger"
    with pytest.raises(
        FormatError, match="`shadow`: version 2 of 'pump', the challenger: found feat"
    ):
        with_challengers(context, own)

    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "manifest.json").write_text("{}")
    run_id = registry.log_training(training(), files={})
    version = registry.register("bare", run_id=run_id, package_dir=tmp_path / "package")
    with pytest.raises(ValueError, match="'bare' version 1 was registered without a"):
        registry.fetch_served("bare", version)
