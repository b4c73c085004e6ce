"""What nothing can be learnt from is refused before any training starts."""

import re
from dataclasses import dataclass, replace

import numpy as np
import pytest

import ecmkit.train.loop
from ecmkit.errors import BuildError
from ecmkit.train import Budget, fit, folds, require_apart, untrained
from tests.synthetic import table
from tests.train.waves import waves

CLASSIFIERS = ("random-forest", "extra-trees", "svm", "mlp", "ds-cnn")
DATA = table()


@pytest.fixture(autouse=True)
def _nothing_is_trained(monkeypatch):
    def trained(*_, **__):
        raise AssertionError("training began")

    monkeypatch.setattr("ecmkit.train.networks.train_network", trained)
    monkeypatch.setattr("ecmkit.train.estimators._fitted", trained)


@pytest.mark.parametrize("family", CLASSIFIERS)
@pytest.mark.parametrize("missing", ["", "nan", "NaN"])
def test_windows_without_a_label_are_named(family, missing):
    label = DATA.label.copy()
    label[12] = missing
    with pytest.raises(ValueError, match=r"window 12 of recording 'r00' \(1 such"):
        fit(replace(DATA, label=label), family=family, seed=0)


@pytest.mark.parametrize("family", CLASSIFIERS)
def test_labels_that_are_numbers_are_refused(family):
    label = np.full(len(DATA.x), np.nan)
    with pytest.raises(ValueError, match="labels of type float64, expected names"):
        fit(replace(DATA, label=label), family=family, seed=0)


@pytest.mark.parametrize("family", CLASSIFIERS)
def test_one_class_is_refused(family):
    one = DATA.rows(DATA.label == "ball")
    with pytest.raises(ValueError, match=r"\{'ball': \d+\}, expected at least two"):
        fit(one, family=family, seed=0)


@pytest.mark.parametrize("family", ["ridge", "gradient-boosting", "mlp", "gru"])
@pytest.mark.parametrize(
    ("target", "says"),
    [
        (np.nan, r"'size' is nan in window 3 of recording 'r00' \(1 values"),
        (None, "'size' is 2 in all 300 windows"),
    ],
)
def test_targets_that_say_nothing_are_refused(family, target, says):
    values = np.full(300, 2.0, np.float32)
    if target is not None:
        values[:] = np.arange(300)
        values[3] = target
    with pytest.raises(ValueError, match=says):
        fit(replace(DATA, target=values, target_name="size"), family=family, seed=0)


@pytest.mark.parametrize("family", ["random-forest", "ds-cnn"])
def test_leaky_splits_are_refused(family):
    even = np.arange(len(DATA.x)) % 2 == 0
    learn, test = DATA.rows(even), DATA.rows(~even)
    with pytest.raises(ValueError, match=r"r00, r01, r02, \.\.\. in training"):
        fit(learn, family=family, seed=0, apart_from=test)
    one = np.isin(DATA.recording, ["r00", "r01", "r02", "r05"])
    with pytest.raises(ValueError, match="group m0, m1, m2 in training and test"):
        require_apart(DATA.rows(one), DATA.rows(DATA.recording > "r05"))
    require_apart(DATA.rows(one), DATA.rows(DATA.recording > "r05"), by=["recording"])


def test_folds_are_whole_groups_with_every_class_to_learn_from():
    made = folds(DATA, 3, by="recording")
    assert np.sum(made, axis=0).tolist() == [1] * 300
    for held in made:
        require_apart(DATA.rows(~held), DATA.rows(held), by=["recording"])
        assert set(DATA.label[~held]) == set(DATA.label)
    again = folds(DATA, 3, by="recording")
    assert all((a == b).all() for a, b in zip(made, again, strict=True))
    values = replace(DATA, target=DATA.x[:, 0])
    assert len(folds(values, 4)) == 4


def test_fewer_groups_or_windows_than_folds_are_refused():
    with pytest.raises(ValueError, match="of 4 groups, expected at least 5"):
        folds(DATA, 5)
    with pytest.raises(ValueError, match="3 windows of 1 groups"):
        folds(DATA.rows(np.arange(300) < 3), 4)
    with pytest.raises(ValueError, match="1 folds"):
        folds(DATA, 1)
    own = np.where(DATA.label == "ball", "m9", DATA.group)
    with pytest.raises(ValueError, match="class 'ball' is in group m9 alone"):
        folds(replace(DATA, group=own), 3)


# ---- budgets ----


@dataclass
class Found:
    flash_bytes: int
    ram_bytes: int
    instructions: int


@pytest.mark.parametrize("family", ["mlp", "ds-cnn", "vae", "autoencoder"])
def test_networks_that_cannot_fit_are_not_trained(family, monkeypatch):
    monkeypatch.setattr("ecmkit.train.autoencoder.train_layers", None)
    with pytest.raises(BuildError, match=r"flash_bytes [\d,]+, expected at most 100"):
        fit(DATA, family=family, seed=0, epochs=9, budget=Budget(flash_bytes=100))


def test_costs_are_those_that_a_target_has():
    seen = []

    def cost(compiled):
        seen.append(compiled.name)
        return Found(2_000, 300, 45_000)

    budget = Budget(ram_bytes=200, instructions=9_000, flash_bytes=4_000, cost=cost)
    with pytest.raises(
        BuildError,
        match=r"ram_bytes 300, expected at most 200; instructions 45,000, expected at "
        r"most 9,000",
    ):
        fit(DATA, family="mlp", name="net", seed=0, budget=budget)
    assert seen == ["net"]


def test_forests_that_do_not_fit_are_refused_once_they_are_known():
    with pytest.raises(BuildError, match="classifier does not fit: flash_bytes"):
        fit(DATA, family="random-forest", seed=0, budget=Budget(flash_bytes=600))
    made = fit(DATA, family="random-forest", seed=0, budget=Budget(flash_bytes=10**6))
    assert made.family == "random-forest"


def test_an_untrained_network_costs_what_the_trained_one_costs(monkeypatch):
    monkeypatch.setattr(
        "ecmkit.train.networks.train_network", ecmkit.train.loop.train_network
    )
    data = waves(n=60)
    options = {"widths": (4, 6), "stride": 2}
    before = untrained(data, family="ds-cnn", **options, epochs=3).compile()
    after = fit(data, family="ds-cnn", seed=0, epochs=1, **options).compile()
    assert before.flash_bytes == after.flash_bytes
    assert before.work_bytes == after.work_bytes


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ({"flash_bytes": 0}, "flash_bytes 0"),
        ({"instructions": 9}, "expected `cost` too"),
    ],
)
def test_budgets_that_mean_nothing_are_refused(limits, says):
    with pytest.raises(ValueError, match=says):
        Budget(**limits)


@pytest.mark.parametrize("family", ["random-forest", "svm", "k-means", "pca", "mlp",
                                    "autoencoder"])  # fmt: skip
@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True])
def test_a_seed_that_no_library_takes_is_refused_in_our_words(
    family: str, seed: int
) -> None:
    why = f"{family}: seed {seed}, expected a whole number, 0 to 4294967295"
    with pytest.raises(ValueError, match=re.escape(why)):
        fit(DATA, family=family, seed=seed)
