import msgspec
import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score

from ecmkit.evaluate import Comparison, compare

CLASSES = ("faulty", "normal")


def judged(
    old: float, new: float, *, seed: int, n: int = 40, m: int = 25
) -> dict[str, np.ndarray]:
    """Two models that are right with given probabilities, varying by recording."""
    rng = np.random.default_rng(seed)
    recording = np.repeat(np.arange(n), m)
    truth = np.array(CLASSES)[recording % 2]
    other = np.array(CLASSES)[1 - recording % 2]
    ease = 0.1 * rng.normal(size=n)[recording]
    columns = {
        name: np.where(rng.random(n * m) < np.clip(p + ease, 0, 1), truth, other)
        for name, p in (("champion", old), ("challenger", new))
    }
    return {"truth": truth, "recording": recording.astype(str), **columns}


def run(data: dict[str, np.ndarray], **options: object) -> Comparison:
    settings = {"classes": CLASSES, "seed": 1, "n_resamples": 200} | options
    return compare(
        data["truth"], data["champion"], data["challenger"],
        recording=data["recording"], **settings,
    )  # fmt: skip


def test_clear_gain_is_promoted_and_recorded() -> None:
    found = run(judged(0.7, 0.9, seed=0))
    assert found.promote
    assert found.reason.startswith("promoted")
    assert found.lower < found.difference < found.upper
    assert found.difference == pytest.approx(found.challenger - found.champion)
    truth, new = (
        judged(0.7, 0.9, seed=0)["truth"],
        judged(0.7, 0.9, seed=0)["challenger"],
    )
    assert found.challenger == pytest.approx(balanced_accuracy_score(truth, new))
    assert (found.n_windows, found.n_recordings) == (1000, 40)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Comparison) == found


def test_same_model_is_kept() -> None:
    data = judged(0.8, 0.8, seed=0)
    found = run(data | {"challenger": data["champion"]})
    assert not found.promote
    assert (found.difference, found.lower, found.upper) == (0.0, 0.0, 0.0)
    assert found.disagreements == 0


def test_gain_below_the_margin_is_kept() -> None:
    found = run(judged(0.7, 0.9, seed=0), margin=0.5)
    assert not found.promote
    assert "margin" in found.reason


def test_gain_of_few_recordings_may_be_chance() -> None:
    data = judged(0.7, 0.8, seed=5, n=4, m=5)
    found = run(data, margin=0.0)
    assert found.difference > 0
    assert not found.promote
    assert "chance" in found.reason


def test_equal_models_are_rarely_promoted() -> None:
    """The lower end of a 95 % interval is above zero in about 2.5 % of cases."""
    promoted = sum(
        run(judged(0.8, 0.8, seed=seed), margin=0.0, n_resamples=100).promote
        for seed in range(30)
    )
    assert promoted <= 4  # binomial(30, 0.035) is above with probability 0.4 %


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"recording": np.array(["a"] * 1000)}, "1 recordings"),
        ({"recording": np.array(["a", "b"])}, "lengths"),
        ({"truth": np.array(["odd"] * 1000)}, "odd"),
    ],
)
def test_data_that_cannot_be_compared_are_refused(changes, words) -> None:
    with pytest.raises(ValueError, match=words):
        run(judged(0.8, 0.8, seed=0) | changes)


def test_negative_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="margin"):
        run(judged(0.8, 0.8, seed=0), margin=-0.1)
