"""Calibrated probabilities: better on recordings that nobody has seen, also in C."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit import graph
from ecmkit.train import calibrated, calibration_error, cross_calibrated, fit
from ecmkit.train.calibration import _with_factor
from tests.synthetic import table
from tests.train.waves import waves

SURE = {
    # Forests that average are too modest, boosted trees and deep ones too sure.
    "random-forest": {"n_trees": 20, "max_depth": 4},
    "gradient-boosting": {"n_estimators": 25, "learning_rate": 0.5},
    "svm": {"C": 20.0},
    "lightgbm": {"n_estimators": 25, "learning_rate": 0.5},
}


def rows(seed, n=600, n_classes=3):
    return table(n=n, n_features=6, n_classes=n_classes, separation=0.7, seed=seed)


def in_c(model, x):
    host = graph.GraphOnHost(model.compile(), flags=("-O0",))
    return np.concatenate([host.run(row[None])[0] for row in x])


@pytest.mark.parametrize("method", ["temperature", "isotonic"])
@pytest.mark.parametrize("family", sorted(SURE))
def test_confidence_comes_nearer_to_what_is_true(family, method):
    """Trained, calibrated and judged on three sets of recordings, over seeds."""
    before, after = [], []
    for seed in range(2):
        model = fit(rows(4 * seed), family=family, seed=seed, **SURE[family])
        made = calibrated(model, rows(4 * seed + 1), method=method)
        judge = rows(4 * seed + 2, n=1500)
        before.append(calibration_error(model, judge))
        after.append(calibration_error(made, judge))
    assert np.mean(before) > 0.05
    assert np.mean(after) < 0.75 * np.mean(before)
    p = made.predict(judge.x)
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(in_c(made, judge.x[:20]), p[:20], rtol=2e-4, atol=2e-5)
    assert made.hash != model.hash
    assert made.params["calibrated"].startswith(method)


def test_a_temperature_changes_no_decision():
    model = fit(rows(0), family="svm", seed=0)
    made = calibrated(model, rows(1))
    x = rows(2).x
    np.testing.assert_array_equal(made.predict(x).argmax(1), model.predict(x).argmax(1))


@pytest.mark.parametrize("n_classes", [2, 3])
def test_temperatures_are_found_again(n_classes):
    """Logits that were multiplied by 3 are divided by 3 in relation to those before."""
    model = fit(rows(0, n_classes=n_classes), family="logistic", seed=0)
    held = rows(1, n=3000, n_classes=n_classes)
    plain = float(calibrated(model, held).params["calibrated"].split()[1])
    sharp = replace(model, onnx=_with_factor(model.onnx, 3.0))
    again = float(calibrated(sharp, held).params["calibrated"].split()[1])
    assert again == pytest.approx(3 * plain, rel=0.02)


def test_networks_scale_their_logits_and_stay_int8():
    data, held = waves(), waves(seed=1)
    model = fit(data, family="mlp", seed=0, widths=(12,), epochs=8)
    for method in ("temperature", "isotonic"):
        made = calibrated(model, held, method=method)
        compiled = made.compile()
        assert "ecm_nn" in compiled.source
        host = graph.GraphOnHost(compiled, flags=("-O0",))
        shape = compiled.inputs[0].tensor.shape
        found = np.concatenate([host.run(x.reshape(shape))[0] for x in held.x[:20]])
        expected = made.predict(held.x[:20])
        assert np.abs(found - expected).max() < 0.2
        assert np.abs(found - expected).mean() < 0.03


def test_the_error_is_the_gap_between_sure_and_right():
    model = fit(rows(0), family="random-forest", seed=0)
    judge = rows(5)
    p = model.predict(judge.x)
    right = np.array(model.outputs)[p.argmax(1)] == judge.label
    one = calibration_error(model, judge, n_bins=1)
    assert one == pytest.approx(abs(p.max(1).mean() - right.mean()), rel=1e-5)
    assert calibration_error(model, judge) >= one


def test_what_calibrates_nothing_is_refused():
    data = rows(0)
    model = fit(data, family="random-forest", seed=0)
    with pytest.raises(ValueError, match="that it was trained on"):
        calibrated(model, data)
    with pytest.raises(ValueError, match="temperature, isotonic"):
        calibrated(model, rows(1), method="platt")
    with pytest.raises(ValueError, match=r"labels .*'other'"):
        calibrated(model, replace(rows(1), label=np.full(600, "other")))
    score = fit(data, family="pca", seed=0)
    with pytest.raises(ValueError, match="kind 'score'"):
        calibration_error(score, data)


@pytest.mark.parametrize("family", ["k-means", "isolation-forest", "autoencoder"])
def test_a_score_is_in_deviations_of_healthy_windows(family):
    more = {"epochs": 3} if family == "autoencoder" else {}
    model = fit(rows(0, n_classes=1), family=family, seed=0, **more)
    healthy = rows(1, n=2000, n_classes=1)
    made = calibrated(model, healthy)
    assert made.params["calibrated"] == "deviations"
    judge = rows(2, n=2000, n_classes=1)
    found = made.predict(judge.x)[:, 0]
    # As a normal distribution: its median, and what lies above one and two deviations.
    assert abs(np.median(found)) < 0.1
    np.testing.assert_allclose((found > 1).mean(), 0.159, atol=0.03)
    np.testing.assert_allclose((found > 2).mean(), 0.023, atol=0.012)
    # Ranks stay, and what is farther out is more, however far.
    order = np.argsort(model.predict(judge.x)[:, 0], kind="stable")
    assert (np.diff(found[order]) >= -1e-4).all()
    far = made.predict(np.outer([1, 10, 100], healthy.x.max(axis=0)))[:, 0]
    if family != "isolation-forest":  # all is outside of its trees' boxes alike
        assert far[0] < far[1] < far[2]
    wanted = graph.calibrated(
        graph.import_onnx(model.onnx), model.predict(healthy.x)[:, 0]
    )
    host = graph.GraphOnHost(graph.compile_graph(wanted, name="m"), flags=("-O0",))
    same = np.concatenate([host.run(row[None])[0] for row in judge.x[:20]])
    np.testing.assert_allclose(found[:20], same[:, 0], rtol=1e-4, atol=1e-4)
    if family != "autoencoder":  # which is int8 in C
        np.testing.assert_allclose(
            in_c(made, judge.x[:20])[:, 0], found[:20], rtol=2e-4, atol=2e-4
        )
    else:
        np.testing.assert_allclose(in_c(made, judge.x[:20])[:, 0], found[:20], atol=0.3)


def test_methods_are_those_of_the_kind():
    model = fit(rows(0, n_classes=1), family="k-means", seed=0)
    with pytest.raises(ValueError, match="'score' and method 'isotonic', expected one"):
        calibrated(model, rows(1), method="isotonic")
    with pytest.raises(ValueError, match="expected 50 finite ones or more"):
        calibrated(model, rows(1, n=40))


def test_models_of_parts_calibrate_one_of_all():
    data = rows(0, n=900)
    held = np.isin(data.group, ["m0", "m1"])
    how = {"family": "gradient-boosting", "seed": 0} | SURE["gradient-boosting"]
    model = fit(data, **how)
    pairs = [(fit(data.rows(~part), **how), data.rows(part)) for part in (held, ~held)]
    made = cross_calibrated(model, pairs)
    judge = rows(3, n=2000)
    assert calibration_error(made, judge) < 0.7 * calibration_error(model, judge)
    same = calibration_error(made.compile(), judge)
    assert same == pytest.approx(calibration_error(made, judge), abs=1e-3)
    with pytest.raises(ValueError, match="that it was trained on"):
        cross_calibrated(model, [(model, data)])
    other = fit(rows(1, n_classes=2), **how)
    with pytest.raises(
        ValueError, match="outputs ball, inner, expected ball, inner, n"
    ):
        cross_calibrated(model, [(other, data)])
