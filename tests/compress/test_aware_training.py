"""Quantisation-aware training: int8 loses less, and nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest

from ecmkit.compress import points_of, prune, quantise_aware, sparsity_of
from ecmkit.compress.aware_training import _folded, _Rounded
from tests.compress.conftest import flat


def test_folding_normalisation_keeps_the_answers(cnn, table) -> None:
    before, after = cnn.network, _folded(cnn.network)
    import torch

    x = torch.from_numpy(table.x[:20].reshape(-1, *before.shape))
    with torch.no_grad():
        np.testing.assert_allclose(
            after.module()(x), before.module()(x), rtol=1e-4, atol=1e-4
        )


def test_rounded_layers_compute_what_int8_weights_do() -> None:
    import torch

    torch.manual_seed(0)
    layer = torch.nn.Linear(6, 4)
    x = torch.linspace(-1, 3, 60).reshape(10, 6)
    weight = layer.weight.detach().numpy().copy()
    step = np.abs(weight).max(axis=1, keepdims=True) / 127
    unit = 4 / 255
    rounded = np.rint(x.numpy() / unit) * unit
    expected = rounded @ (np.rint(weight / step) * step).T + layer.bias.detach().numpy()
    _Rounded(layer)
    np.testing.assert_allclose(layer(x).detach(), expected, atol=1e-5)
    layer(x).sum().backward()
    assert layer.weight.grad is not None
    assert torch.isfinite(layer.weight.grad).all()


def test_int8_is_no_worse_after_it(cnn, table, others) -> None:
    made = quantise_aware(cnn, table, epochs=4, seed=1)
    assert made.network.options == cnn.network.options
    plain, _ = points_of(replace(cnn, calibration=None), others)
    after, _ = points_of(made, others)
    assert after > plain - 1.5
    noise = [
        np.abs(m.compile().predict(others.x) - m.predict(others.x)).mean()
        for m in (cnn, made)
    ]
    assert noise[1] < 1.2 * noise[0], noise


def test_zeros_stay_zeros(mlp, table) -> None:
    sparse = prune(mlp, flat(table), sparsity=0.5, rounds=1, epochs=1, seed=1)
    made = quantise_aware(sparse, flat(table), epochs=2, seed=1)
    assert sparsity_of(made.network) == pytest.approx(sparsity_of(sparse.network))
    assert made.hash != sparse.hash


def test_what_cannot_be_quantised_is_refused(forest, mlp, table) -> None:
    with pytest.raises(ValueError, match=r"no network \(random-forest\)"):
        quantise_aware(forest, flat(table), seed=0)
    with pytest.raises(ValueError, match="a network in float32"):
        quantise_aware(replace(mlp, calibration=None), flat(table), seed=0)
