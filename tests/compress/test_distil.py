"""Students: as good as the truth alone makes them or better, and honest refusals."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.compress import distil
from ecmkit.train import Network
from tests.compress.conftest import flat, signals
from tests.compress.test_prune import accuracy


def student(table, widths=(16,)) -> Network:
    shape = table.shape or (len(table.names),)
    return Network.new("mlp", shape, 3, "classification", 5, widths=widths)


def test_a_forest_teaches_a_small_network(forest, table, others) -> None:
    rows = flat(table)
    made = distil(forest, student(rows), rows, seed=0, epochs=25)
    assert made.outputs == forest.outputs
    assert accuracy(made, flat(others)) > accuracy(forest, flat(others)) - 0.06
    assert made.compile().flash_bytes < 0.5 * forest.compile().flash_bytes


def test_the_teacher_is_heard_where_labels_are_wrong(mlp, table, others) -> None:
    rows = flat(signals(7, 180))
    rng = np.random.default_rng(0)
    wrong = rng.random(180) < 0.6
    label = np.where(wrong, rng.permutation(rows.label), rows.label)
    spoilt = replace(rows, label=label)
    told, untold = (
        accuracy(
            distil(mlp, student(rows), spoilt, seed=0, share=share, epochs=50),
            flat(others),
        )
        for share in (1.0, 0.0)
    )
    assert told > untold + 0.03
    assert told > accuracy(mlp, flat(others)) - 0.1


def test_features_of_a_network_can_be_followed_too(mlp, table, others) -> None:
    rows = flat(table)
    made = distil(mlp, student(rows), rows, seed=0, likeness=1.0, epochs=50)
    plain = distil(mlp, student(rows), rows, seed=0, likeness=0.0, epochs=50)
    assert made.hash != plain.hash
    assert accuracy(made, flat(others)) > accuracy(mlp, flat(others)) - 0.1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"temperature": 0.0}, "temperature 0"),
        ({"share": 1.5}, "share 1.5"),
        ({"likeness": 1.0}, "other models have no features"),
    ],
)
def test_settings_out_of_range(changes: dict, words: str, forest, table) -> None:
    with pytest.raises(ValueError, match=words):
        distil(forest, student(flat(table)), flat(table), seed=0, **changes)


def test_a_student_that_does_not_fit_is_refused(forest, table) -> None:
    rows = flat(table)
    two = Network.new("mlp", (32,), 2, "classification", 0)
    with pytest.raises(ValueError, match="student has 2 outputs, expected 3"):
        distil(forest, two, rows, seed=0)
    other = Network.new("mlp", (32,), 1, "regression", 0)
    with pytest.raises(ValueError, match="student for regression"):
        distil(forest, other, rows, seed=0)
