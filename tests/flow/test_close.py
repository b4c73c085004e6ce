"""Old and new recordings for the challenger: joined, cut in time, divided."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.data import Dataset
from ecmkit.evaluate import Comparison
from ecmkit.features import FeatureTable, extract, load_plan
from ecmkit.flow.close import _is_worse, join, learn_and_reference
from ecmkit.flow.service import divide
from tests.flow.recordings import dataset, recording
from tests.synthetic import table


def windows(counts: dict[str, int], *, hop: int) -> FeatureTable:
    """Windows of recordings, in mixed order; the feature is the window's number."""
    names = [name for name, n in counts.items() for _ in range(n)]
    number = np.concatenate([np.arange(n) for n in counts.values()])
    mixed = np.random.default_rng(0).permutation(len(names))
    return FeatureTable(
        x=np.float32(number)[mixed, np.newaxis],
        names=("number",),
        units=("1",),
        recording=np.array(names)[mixed],
        start=number[mixed].astype(np.int64) * hop,
        label=np.array(names)[mixed],
        group=np.array(names)[mixed],
        contract_id="0" * 64,
    )


@pytest.mark.parametrize("hop", [64, 128, 256, 512])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.75])
def test_no_sample_is_on_both_sides_of_a_cut(hop: int, share: float) -> None:
    rows = windows({"a": 60, "b": 41, "c": 1}, hop=hop)
    first, last = learn_and_reference(rows, share, span_len=512)
    assert len(first.x) + len(last.x) <= len(rows.x)
    for name, n in (("a", 60), ("b", 41)):
        left = first.start[first.recording == name]
        right = last.start[last.recording == name]
        assert len(left) == int(share * n)
        assert left.max() + 512 <= right.min()
        # Nothing is left out that touches one side only.
        assert right.min() - left.max() < 512 + hop
        assert right.max() == (n - 1) * hop


def test_a_single_window_is_on_one_side() -> None:
    rows = windows({"c": 1}, hop=64)
    first, last = learn_and_reference(rows, 0.75, span_len=512)
    assert (len(first.x), len(last.x)) == (0, 1)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_recordings_of_a_class_stay_whole(share: float) -> None:
    rows = windows({f"a{i}": 9 for i in range(4)}, hop=64)
    rows = replace(rows, label=np.full(len(rows.x), "a"))
    first, last = learn_and_reference(rows, share, span_len=512)
    assert len(first.x) + len(last.x) == len(rows.x)
    n = min(max(round(4 * share), 1), 3)
    assert set(first.recording) == {f"a{i}" for i in range(n)}
    assert set(last.recording) == {f"a{i}" for i in range(n, 4)}


def test_joined_tables_are_one_under_the_other() -> None:
    one, other = table(n=20, seed=1), table(n=30, seed=2)
    both = join(one, other)
    np.testing.assert_array_equal(both.x, np.concatenate([one.x, other.x]))
    for column in ("recording", "start", "label", "group"):
        expected = [*getattr(one, column), *getattr(other, column)]
        assert getattr(both, column).tolist() == expected
    assert (both.names, both.contract_id) == (one.names, one.contract_id)


def test_longer_names_survive_the_join() -> None:
    plan = load_plan("bearing")
    short = extract(dataset("a1"), plan)
    long = extract(dataset("a_very_long_name1"), plan)
    assert set(join(short, long).recording) == {"a1", "a_very_long_name1"}


def test_tables_of_two_contracts_are_not_joined() -> None:
    one = table(n=20)
    with pytest.raises(ValueError, match="00000000 and 11111111"):
        join(one, replace(one, contract_id="1" * 64))


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_each_class_is_on_both_sides_where_there_are_two(share: float) -> None:
    names = [f"inner{i}" for i in range(5)] + ["outer0", "outer1", "ball0"]
    learn, judge = divide(dataset(*names, n=64), share)
    assert sorted(r.info.id for d in (learn, judge) for r in d) == sorted(names)
    for side in (learn, judge):
        assert {"inner", "outer"} <= {r.info.label for r in side}
    assert "ball0" in {r.info.id for r in learn}


def test_the_first_recordings_are_learnt_from() -> None:
    names = ["b", "a", "d", "c"]
    mixed = Dataset(tuple(recording(name, "normal", n=64) for name in names))
    learn, judge = divide(mixed, 0.5)
    assert [r.info.id for r in learn] == ["b", "a"]
    assert [r.info.id for r in judge] == ["d", "c"]


@pytest.mark.parametrize(
    ("difference", "lower", "upper", "worse"),
    [
        (-0.018, -0.028, -0.009, True),  # surely a loss, larger than the margin
        (-0.010, -0.012, -0.001, True),
        (-0.004, -0.006, -0.002, False),  # surely, but not worth a word
        (-0.030, -0.090, 0.010, False),  # large, but chance explains it
        (0.0, 0.0, 0.0, False),
        (0.040, 0.020, 0.060, False),
    ],
)
def test_what_is_worse_on_known_machines(
    difference: float, lower: float, upper: float, *, worse: bool
) -> None:
    found = Comparison(
        champion=0.97, challenger=0.97 + difference, difference=difference,
        lower=lower, upper=upper, level=0.95, margin=0.01, n_windows=680,
        n_recordings=20, disagreements=30, promote=False, reason="",
    )  # fmt: skip
    assert _is_worse(found, margin=0.01) is worse
    assert not _is_worse(None, margin=0.01)
