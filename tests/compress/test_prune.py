"""Pruned networks: zeros where they are promised, and answers nearly as before."""

import numpy as np
import pytest

from ecmkit import graph
from ecmkit.compress import points_of, prune, remove_channels, shrunk, sparsity_of
from ecmkit.train import Network
from tests.compress.conftest import flat


def accuracy(model, table) -> float:
    names = np.array(model.outputs)[np.argmax(model.predict(table.x), axis=1)]
    return float(np.mean(names == table.label))


def test_blocks_are_zero_and_the_compiler_skips_them(mlp, table, others) -> None:
    made = prune(mlp, flat(table), sparsity=0.75, seed=1, epochs=12)
    assert made.network is not None
    for name, share in sparsity_of(made.network).items():
        assert share >= 0.7, name
    compiled, dense = made.compile(), mlp.compile()
    assert "sparse" in compiled.source or "blocks" in compiled.source
    assert compiled.flash_bytes < 0.75 * dense.flash_bytes
    before, _ = points_of(mlp, flat(others))
    after, _ = points_of(made, flat(others), compiled=compiled)
    assert after >= before - 8


@pytest.mark.parametrize("form", ["single", "2:4"])
def test_other_forms_have_the_share_that_was_asked_for(form, mlp, table) -> None:
    made = prune(mlp, flat(table), sparsity=0.5, form=form, rounds=2, epochs=4, seed=1)
    assert made.network is not None
    found = sparsity_of(made.network)
    assert found
    assert all(share == pytest.approx(0.5, abs=0.03) for share in found.values())
    if form == "2:4":
        weight = next(w for w in made.network.weights.values() if w.ndim == 2)
        groups = (weight.reshape(len(weight), -1, 4) == 0).sum(axis=2)
        assert (groups >= 2).all()


def test_movement_prunes_what_training_moves_to_zero(mlp, table, others) -> None:
    made = prune(
        mlp, flat(table), sparsity=0.6, form="single", criterion="movement", rounds=2,
        epochs=9, seed=1,
    )  # fmt: skip
    assert made.network is not None
    assert all(s >= 0.55 for s in sparsity_of(made.network).values())
    assert accuracy(made, flat(others)) > accuracy(mlp, flat(others)) - 0.1


def test_convolutions_keep_kernels_order_and_depthwise_weights(cnn, table) -> None:
    made = prune(cnn, table, sparsity=0.5, rounds=1, epochs=1, seed=1)
    assert made.network is not None
    for name, weight in made.network.weights.items():
        if weight.ndim == 3 and weight.shape[1] == 1 and "layers.0" not in name:
            assert (weight != 0).all(), f"{name} is depthwise"
        if weight.ndim == 3 and weight.shape[1] >= 32:
            rows = np.moveaxis(weight, 1, -1).reshape(len(weight), -1)
            blocks = rows.reshape(len(rows) // 4, 4, -1, 16)
            empty = (blocks == 0).all(axis=(1, 3))
            assert empty.mean() == pytest.approx(0.5)
            assert ((blocks != 0).any(axis=(1, 3)) == ~empty).all()


@pytest.mark.parametrize(
    ("architecture", "shape"),
    [("mlp", (12,)), ("ds-cnn", (2, 64)), ("tcn", (1, 48)), ("resnet", (1, 96))],
)
def test_channels_that_say_nothing_are_removed_without_a_trace(
    architecture: str, shape: tuple[int, ...]
) -> None:
    import torch

    network = Network.new(architecture, shape, 3, "classification", 0)
    small = shrunk(network, share=0.5)
    assert small.n_weights < 0.75 * network.n_weights
    # Where the channels that go are silent, the smaller network answers the same.
    full = network.module()
    rng = np.random.default_rng(0)
    quiet = shrunk(_silenced(network), share=0.5)
    x = torch.from_numpy(rng.normal(size=(9, *shape)).astype(np.float32))
    with torch.no_grad():
        loud = _silenced(network).module()(x)
        np.testing.assert_allclose(quiet.module()(x), loud, rtol=1e-4, atol=1e-5)
        assert not np.allclose(full(x), loud)


def _silenced(network: Network) -> Network:
    """Set the channels that `shrunk` takes to zero wherever they are made."""
    from ecmkit.compress.channels import _groups, _kept

    weights = {name: value.copy() for name, value in network.weights.items()}
    for group in _groups(network):
        kept = _kept(weights, group, 0.5, 4, 4)
        gone = np.setdiff1d(np.arange(len(weights[f"{group.makers[0]}.weight"])), kept)
        for name in (*group.makers, *group.alone):
            for part in ("weight", "bias"):
                key = f"{name}.{part}"
                if key in weights and (name in group.makers or part == "bias"):
                    weights[key][gone] = 0.0
    from dataclasses import replace

    return replace(network, weights=weights)


def test_a_smaller_network_is_trained_on_and_costs_less(cnn, table, others) -> None:
    made = remove_channels(cnn, table, share=0.5, epochs=8, seed=2)
    assert made.network is not None
    assert made.network.options["widths"] == (8, 16, 16)
    old, new = cnn.compile(), made.compile()
    assert new.flash_bytes < 0.6 * old.flash_bytes
    assert new.work_bytes < old.work_bytes
    assert graph.import_onnx(made.onnx)
    assert accuracy(made, others) > accuracy(cnn, others) - 0.1


def test_the_same_seed_gives_the_same_bytes(mlp, table) -> None:
    made = [
        prune(mlp, flat(table), sparsity=0.5, rounds=1, epochs=1, seed=3).hash
        for _ in range(2)
    ]
    assert made[0] == made[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sparsity": 1.0}, "sparsity 1.0"),
        ({"sparsity": 0.6, "form": "2:4"}, "0.5 for '2:4'"),
        ({"form": "4:8"}, "form '4:8': expected one of blocks"),
        ({"criterion": "luck"}, "criterion 'luck'"),
        ({"rounds": 5, "epochs": 4}, "rounds 5 and epochs 4"),
    ],
)
def test_settings_out_of_range(changes: dict, words: str, mlp, table) -> None:
    with pytest.raises(ValueError, match=words):
        prune(mlp, flat(table), seed=0, **changes)


def test_what_is_no_network_is_refused(forest, table) -> None:
    with pytest.raises(ValueError, match="family 'random-forest'"):
        prune(forest, flat(table), seed=0)
    with pytest.raises(ValueError, match="family 'random-forest'"):
        remove_channels(forest, flat(table), seed=0)
    gru = Network.new("gru", (1, 32), 2, "classification", 0)
    with pytest.raises(ValueError, match="gru: no channels can be removed"):
        shrunk(gru)
    with pytest.raises(ValueError, match="share 0"):
        shrunk(gru, share=0.0)
