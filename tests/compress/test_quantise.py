"""Quantisation after training: settings, noise of layers, and a mix within a budget."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from ecmkit.compress import (
    BudgetError,
    LayerNoise,
    points_of,
    quantise,
    quantise_mixed,
    sensitivity,
)
from ecmkit.graph import Quantisation, import_onnx, int8_layers
from ecmkit.train import TrainedModel, model_of
from tests.compress.conftest import flat
from tests.compress.test_report import cost


@pytest.fixture(scope="module")
def loud(mlp, table) -> TrainedModel:
    """A network that answers as before, but has one channel that drowns the others."""
    weights = {k: v.copy() for k, v in mlp.network.weights.items()}
    weights["body.1.0.weight"][0] *= 3000
    weights["body.1.0.bias"][0] *= 3000
    weights["body.1.2.weight"][:, 0] /= 3000
    return model_of(replace(mlp.network, weights=weights), flat(table))


def noise(model: TrainedModel, x: np.ndarray) -> float:
    exact = replace(model, calibration=None).compile().predict(x)
    return float(np.sqrt(np.mean(np.square(model.compile().predict(x) - exact))))


def test_settings_change_the_compiled_model_and_its_name(mlp, others) -> None:
    made = quantise(mlp, Quantisation(ranges="percentile", percentile=99.0))
    assert made.hash != mlp.hash
    assert made.compile().hash != mlp.compile().hash
    assert quantise(mlp, Quantisation()).compile().hash == mlp.compile().hash
    points = [points_of(m, flat(others))[0] for m in (mlp, made)]
    assert points[1] > points[0] - 5


@pytest.mark.parametrize("how", ["equalise", "correct_bias", "int16"])
def test_each_way_brings_int8_nearer(how: str, loud, mlp, others) -> None:
    model = mlp if how == "correct_bias" else loud
    settings = {"activations": "int16"} if how == "int16" else {how: True}
    made = quantise(model, Quantisation(**settings))
    x = flat(others).x
    limit = 1.02 if how == "correct_bias" else 0.5
    assert noise(made, x) < limit * noise(model, x)


def test_the_corrected_mean_is_nearer_the_exact_one(mlp, table) -> None:
    # Weights that all round down: without a correction every output is shifted.
    weights = {k: v.copy() for k, v in mlp.network.weights.items()}
    first = weights["body.1.4.weight"]
    top = np.abs(first).max(axis=1, keepdims=True)
    steps = np.floor(first / top * 127) + 0.45
    weights["body.1.4.weight"] = (steps * top / 127).astype(np.float32)
    weights["body.1.4.weight"][:, 0] = top[:, 0]
    model = model_of(replace(mlp.network, weights=weights), flat(table))
    shifts = []
    for settings in (Quantisation(), Quantisation(correct_bias=True)):
        made = quantise(model, settings)
        x = flat(table).x
        exact = replace(made, calibration=None).compile().predict(x)
        shifts.append(np.abs((made.compile().predict(x) - exact).mean(axis=0)).max())
    assert shifts[1] < shifts[0]


@pytest.fixture(scope="module")
def calm(mlp, others) -> tuple[LayerNoise, ...]:
    return sensitivity(mlp, flat(others))


def test_the_layer_that_drowns_is_found(loud, calm, others) -> None:
    found = sensitivity(loud, flat(others))
    assert {one.layer for one in found} <= set(int8_layers(import_onnx(loud.onnx)))
    dense = [one for one in found if one.op == "matmul"]
    assert len(dense) == 3
    worst = min(dense, key=lambda one: one.result_db)
    assert worst in dense[:2], "the value between the first two is what drowns"
    assert worst.result_db < min(s.result_db for s in calm if s.op == "matmul") - 6
    assert "dB" in str(worst)


def test_own_noise_is_that_of_eight_bits(calm) -> None:
    for one in calm:
        assert 15 < one.own_db <= 200


def test_a_mix_keeps_the_budget(loud, others) -> None:
    rows = flat(others)
    plain = points_of(loud, rows)[0]
    exact = points_of(replace(loud, calibration=None), rows)[0]
    assert plain < exact - 3, "all int8 must miss it for the test to say anything"
    made, steps = quantise_mixed(loud, rows, cost=cost, budget_points=1.0)
    assert steps[-1].passed
    assert not steps[0].passed
    assert steps[0].blamed
    assert made.quantisation.layers
    assert points_of(made, rows)[0] >= exact - 1.0
    stored = msgspec.json.encode(made.quantisation)
    assert msgspec.json.decode(stored, type=Quantisation) == made.quantisation


def test_a_budget_that_nothing_keeps_names_the_worst_layer(loud, others) -> None:
    with pytest.raises(BudgetError, match="most of it in layer") as caught:
        quantise_mixed(loud, flat(others), cost=cost, budget_points=-5.0, most=1)
    assert caught.value.step.budget_points == -5.0


def test_bad_settings_are_refused(mlp, forest) -> None:
    with pytest.raises(ValueError, match=r"layers: found 'v99', expected one of"):
        quantise(mlp, Quantisation(layers={"v99": "float"}))
    with pytest.raises(ValueError, match="carries no windows"):
        quantise(forest, Quantisation())
    with pytest.raises(msgspec.ValidationError, match="rangs"):
        msgspec.convert({"rangs": "mse"}, Quantisation)
