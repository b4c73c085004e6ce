"""A project that cannot fit its target is refused before anything is trained."""

from dataclasses import replace

import msgspec
import pytest

from ecmkit import compress
from ecmkit.errors import BuildError, FormatError
from ecmkit.flow import loop
from ecmkit.flow.context import Context
from ecmkit.flow.memory_limits import memory_limits, require_fit
from ecmkit.flow.project import Model
from ecmkit.targets import load_target
from tests.flow.small import write_project


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    folder = tmp_path_factory.mktemp("memory")
    context, _ = loop.prepare(
        write_project(folder), folder=None, runs=folder / "runs", fresh=False,
        progress=lambda stage, note: None,
    )  # fmt: skip
    return context


def changed(context: Context, table: str, **fields: object) -> Context:
    """Context of a project in which fields of one table are others."""
    own = msgspec.structs.replace(getattr(context.project, table), **fields)
    return replace(
        context, project=msgspec.structs.replace(context.project, **{table: own})
    )


TOO_MUCH_FLASH = (
    r"cannot fit nucleo-f401re, so nothing is trained: flash of [\d,]+ bytes at least, "
    r"expected at most 307, `gate.flash_kib` = 0.3; "
    r"`train.reconstruction` \d+ \(autoencoder of 7 features\), "
    r"`train.distance` \d+ \(k-means of 7 features, n_clusters 2\), "
    r"`train.regression` \d+ \(ridge of 7 features\), "
    r"`train.classifier` \d+ \(random-forest of 7 features, n_trees 6\)"
)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"flash_kib": 0.3}, TOO_MUCH_FLASH),
        (
            {"ram_kib": 4.0},
            r"ram of [\d,]+ bytes at least, expected at most 4,096, `gate.ram_kib` = "
            r"4; `queue` 6,144, `train.[a-z]+` \d+",
        ),
    ],
)
def test_nothing_is_trained(fields, says, context, monkeypatch) -> None:
    monkeypatch.setattr("ecmkit.train.fit", None)
    with pytest.raises(BuildError, match=says):
        loop.stages(changed(context, "gate", **fields), ())


def test_a_target_that_is_too_small_is_named(context, monkeypatch) -> None:
    monkeypatch.setattr("ecmkit.train.fit", None)
    proven = replace(context, proofs=(load_target("arduino-uno"),))
    with pytest.raises(
        BuildError,
        match=r"cannot fit arduino-uno, so nothing is trained: ram of [\d,]+ bytes at "
        r"least, expected at most 2,048, the ram of arduino-uno; `queue` 6,144",
    ):
        loop.stages(proven, ())


def test_an_option_without_a_form_in_c_is_named(context, monkeypatch) -> None:
    monkeypatch.setattr("ecmkit.train.fit", None)
    model = Model(family="neighbours", options={"metric": "chebyshev"})
    with pytest.raises(FormatError, match=r"`train.classifier`: "):
        loop.stages(changed(context, "train", classifier=model), ())


def test_what_is_made_smaller_afterwards_is_judged_afterwards(context) -> None:
    learn_from = loop.divide(context)[0]
    many = Model(family="random-forest", options={"n_trees": 9_000})
    with pytest.raises(BuildError, match=r"`train.classifier` [\d,]+ \(random-forest"):
        require_fit(changed(context, "train", classifier=many), learn_from)
    pruned = msgspec.structs.replace(many, compression=compress.Recipe(gain=1e-3))
    require_fit(changed(context, "train", classifier=pruned), learn_from)
    epochs = msgspec.structs.replace(many, compression=compress.Recipe(epochs=3))
    with pytest.raises(BuildError, match="cannot fit nucleo-f401re"):
        require_fit(changed(context, "train", classifier=epochs), learn_from)


def test_the_tighter_limit_counts(context) -> None:
    assert memory_limits(context.project, context.target) == {
        "flash": (64 * 1024, "`gate.flash_kib` = 64"),
        "ram": (72 * 1024, "`gate.ram_kib` = 72"),
    }
    uno = load_target("arduino-uno")
    assert memory_limits(context.project, uno)["ram"] == (
        2048,
        "the ram of arduino-uno",
    )
