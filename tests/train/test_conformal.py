"""Conformal sets and intervals: the stated rate over many seeds, by recording."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.train import conformal, fit
from ecmkit.train.conformal import Conformal, limit_of
from tests.synthetic import table


def recordings(rng, n):
    """Strangeness of windows that share what their recording is like."""
    sizes = rng.integers(1, 40, n)
    own = rng.gamma(1.0, 1.0, n)
    owner = np.repeat([f"r{i:03d}" for i in range(n)], sizes)
    # Longer recordings are stranger: what weighs windows alike is wrong here.
    return np.repeat(own * sizes, sizes) * rng.uniform(0.5, 1.0, len(owner)), owner


@pytest.mark.parametrize("coverage", [0.8, 0.9])
def test_the_stated_rate_holds_over_many_seeds(coverage):
    held = {"window": [], "recording": []}
    n = 2500
    for seed in range(n):
        rng = np.random.default_rng(seed)
        scores, owner = recordings(rng, 24)
        new = owner == "r023"
        for of, found in held.items():
            limit = limit_of(scores[~new], owner[~new], coverage=coverage, of=of)
            inside = scores[new] <= limit
            found.append(inside.mean() if of == "window" else inside.all())
    error = np.sqrt(coverage * (1 - coverage) / n)
    for of, found in held.items():
        assert np.mean(found) > coverage - 4 * error, of
        # Nor does it hold far more: one recording in 24 is what can be lost.
        assert np.mean(found) < coverage + 1 / 24 + 4 * error, of


def test_windows_one_by_one_would_promise_too_much():
    """The usual quantile over windows, few recordings: what this module is for."""
    held = []
    for seed in range(1200):
        scores, owner = recordings(np.random.default_rng(seed), 10)
        new = owner == "r009"
        old = np.sort(scores[~new])
        at = min(int(np.ceil(0.9 * (len(old) + 1))), len(old)) - 1
        held.append((scores[new] <= old[at]).all())
    assert np.mean(held) < 0.88


def test_one_window_a_recording_is_the_usual_quantile():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=99)
    owner = np.array([str(i) for i in range(99)])
    for of in ("window", "recording"):
        found = limit_of(scores, owner, coverage=0.9, of=of)
        assert found == np.sort(scores)[89]


def classified(seed):
    """Every recording has a shift of its own."""
    rng = np.random.default_rng(seed)
    made = table(n=400, n_features=4, separation=0.8, seed=seed)
    names = np.array([f"r{i:02d}" for i in rng.integers(0, 40, 400)])
    label = np.array(["ball", "inner", "normal"])[[int(name[1:]) % 3 for name in names]]
    shift = {name: rng.normal(0, 0.5, 4) for name in set(names.tolist())}
    z = rng.normal(size=(400, 4))
    z += np.array([shift[name] for name in names.tolist()])
    z += 1.2 * np.array([int(name[1:]) % 3 for name in names])[:, None]
    size = (z.sum(1) + rng.normal(size=400)).astype(np.float32)
    return replace(
        made, x=z.astype(np.float32), recording=names, label=label,
        target=size, target_name="size", target_unit="mm",
    )  # fmt: skip


@pytest.mark.parametrize("family", ["ridge", "logistic"])
def test_models_hold_the_truth_of_new_recordings(family):
    held = []
    for seed in range(30):
        data = classified(seed)
        number = np.array([int(name[1:]) for name in data.recording])
        learn, rest = data.rows(number < 12), data.rows((number >= 12) & (number < 39))
        new = data.rows(number == 39)
        task = "regression" if family == "ridge" else "classification"
        model = fit(learn, family=family, seed=0, task=task)
        made = conformal(model, rest, coverage=0.8)
        found = model.predict(new.x)
        if family == "ridge":
            low, high = made.intervals(found).T
            held.append(((low <= new.target) & (new.target <= high)).mean())
            assert made.unit == "mm"
        else:
            true = [model.outputs.index(label) for label in new.label.tolist()]
            held.append(made.sets(found)[np.arange(len(true)), true].mean())
    assert np.mean(held) > 0.8 - 3 * np.std(held) / np.sqrt(len(held))


def test_sets_and_intervals_are_what_a_device_can_compare():
    made = Conformal(coverage=0.9, of="window", limit=0.75, outputs=("a", "b", "c"))
    found = made.sets([[0.9, 0.05, 0.05], [0.4, 0.35, 0.25], [0.2, 0.2, 0.6]])
    assert found.sum(1).tolist() == [1, 3, 1]
    assert made.intervals([[2.0]]).tolist() == [[1.25, 2.75]]


def test_what_promises_nothing_is_refused():
    data = classified(0)
    number = np.array([int(name[1:]) for name in data.recording])
    model = fit(
        data.rows(number < 20), family="logistic", seed=0, task="classification"
    )
    with pytest.raises(ValueError, match="8 recordings, expected at least 9"):
        conformal(model, data.rows((number > 20) & (number < 29)))
    with pytest.raises(ValueError, match="coverage 1"):
        conformal(model, data.rows(number > 20), coverage=1.0)
    with pytest.raises(ValueError, match="'machine'"):
        conformal(model, data.rows(number > 20), by="machine")
    with pytest.raises(ValueError, match="that it was trained on"):
        conformal(model, data.rows(number < 20))
    score = fit(data, family="pca", seed=0)
    with pytest.raises(ValueError, match="kind 'score'"):
        conformal(score, data.rows(number > 20))
