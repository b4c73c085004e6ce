"""The table's own rules: rows that fit, and a hash of all that models learn from."""

from dataclasses import replace

import numpy as np
import pytest

from tests.features.tables import machines


def test_shape_and_target_count_in_the_hash() -> None:
    plain = machines(0)
    shaped = replace(plain, shape=(1, 7))
    taught = replace(plain, target=plain.x[:, 0], target_name="size", target_unit="mm")
    hashes = {t.hash for t in (plain, shaped, taught, replace(taught, target_unit=""))}
    assert len(hashes) == 4


def test_rows_take_their_targets_and_columns_lose_the_shape() -> None:
    table = machines(0)
    table = replace(table, shape=(7,), target=np.arange(240, dtype=np.float32))
    some = table.rows(np.arange(240) % 2 == 1)
    assert some.target is not None
    assert some.target[:2].tolist() == [1.0, 3.0]
    assert some.shape == (7,)
    assert table.columns(["x1", "x2"]).shape == ()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"target has shape \(3,\)"):
        replace(machines(0), target=np.zeros(3, np.float32))
    with pytest.raises(ValueError, match=r"shape \(2, 4\) for 7 features"):
        replace(machines(0), shape=(2, 4))
