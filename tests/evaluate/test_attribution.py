"""Shapley values against their definition; gradients against their axioms."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper

from ecmkit.errors import FormatError
from ecmkit.evaluate import saliency, tree_shap
from ecmkit.train import fit_forest, fit_kmeans
from tests.synthetic import table


def votes(model, x: np.ndarray) -> np.ndarray:
    """Probabilities of a forest, from another runtime."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model.onnx)
    return session.run(None, {session.get_inputs()[0].name: x})[1]


def by_definition(payoff, n: int) -> np.ndarray:
    """Shapley values from all coalitions, shape (n, n_outputs)."""
    worth = {
        known: payoff(known)
        for size in range(n + 1)
        for known in itertools.combinations(range(n), size)
    }
    found = np.zeros((n, len(worth[()])))
    for feature in range(n):
        for known, value in worth.items():
            if feature in known:
                continue
            size = len(known)
            share = math.factorial(size) * math.factorial(n - size - 1)
            joined = tuple(sorted((*known, feature)))
            found[feature] += share / math.factorial(n) * (worth[joined] - value)
    return found


@pytest.mark.parametrize("seed", [0, 1])
def test_values_are_those_of_the_definition(seed: int) -> None:
    data = table(n=80, seed=seed).columns(table().names[:6])
    model = fit_forest(data, n_trees=4, max_depth=4, seed=seed)
    background, rows = data.x[::5], data.x[1:4]
    found = tree_shap(model.onnx, rows, background)
    for row, values, output in zip(rows, found.values, found.output, strict=True):

        def payoff(known: tuple[int, ...], row=row) -> np.ndarray:
            mixed = background.copy()
            mixed[:, list(known)] = row[list(known)]
            return votes(model, mixed).mean(axis=0)

        np.testing.assert_allclose(values, by_definition(payoff, 6), atol=1e-6)
        np.testing.assert_allclose(output, votes(model, row[None])[0], atol=1e-6)


def test_values_add_up_to_what_the_device_says() -> None:
    data = table(n=200)
    model = fit_forest(data, n_trees=10, seed=1)
    found = tree_shap(model.onnx, data.x[:20], data.x[::4])
    total = found.base + found.values.sum(axis=1)
    np.testing.assert_allclose(total, found.output, atol=1e-9)
    np.testing.assert_allclose(total, votes(model, data.x[:20]), atol=1e-6)


def test_a_feature_that_no_tree_reads_adds_nothing() -> None:
    data = table(n=200)
    still = data.x.copy()
    still[:, 3] = 1.0
    model = fit_forest(replace(data, x=still), n_trees=10, seed=1)
    found = tree_shap(model.onnx, data.x[:20], data.x[::4])
    assert (found.values[:, 3] == 0.0).all()
    assert np.abs(found.values).sum() > 0.0


@pytest.mark.live
def test_shap_says_the_same() -> None:
    """The package, of the forest as scikit-learn has it."""
    shap = pytest.importorskip("shap")
    from skl2onnx import to_onnx
    from sklearn.ensemble import RandomForestClassifier

    data = table(n=300)
    forest = RandomForestClassifier(20, max_depth=6, random_state=1)
    forest.fit(data.x, data.label)
    options = {id(forest): {"zipmap": False}}
    onnx = to_onnx(forest, data.x[:1], options=options, target_opset=17)
    found = tree_shap(onnx.SerializeToString(), data.x[:30], data.x[::3])
    explainer = shap.TreeExplainer(forest, data=data.x[::3])
    expected = explainer.shap_values(data.x[:30], check_additivity=False)
    np.testing.assert_allclose(found.values, expected, atol=1e-6)


def test_models_and_rows_that_do_not_fit_are_refused() -> None:
    data = table(n=80)
    forest = fit_forest(data, n_trees=2, seed=1)
    with pytest.raises(FormatError, match="found 0 tree ensembles"):
        tree_shap(fit_kmeans(data, n_clusters=2, seed=1).onnx, data.x, data.x)
    with pytest.raises(ValueError, match=r"x has shape \(80, 3\), expected \(n, 12\)"):
        tree_shap(forest.onnx, data.x[:, :3], data.x)
    bad = data.x.copy()
    bad[0, 0] = np.nan
    with pytest.raises(ValueError, match=r"background: .* not finite"):
        tree_shap(forest.onnx, data.x, bad)


def test_the_least_of_the_trees_is_no_sum() -> None:
    node = helper.make_node(
        "TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1,
        aggregate_function="MIN", nodes_treeids=[0, 1], nodes_nodeids=[0, 0],
        nodes_featureids=[0, 0], nodes_values=[0.0, 0.0], nodes_modes=["LEAF", "LEAF"],
        nodes_truenodeids=[0, 0], nodes_falsenodeids=[0, 0], nodes_hitrates=[1.0, 1.0],
        nodes_missing_value_tracks_true=[0, 0], target_treeids=[0, 1],
        target_nodeids=[0, 0], target_ids=[0, 0], target_weights=[1.0, 2.0],
        post_transform="NONE",
    )  # fmt: skip
    value = helper.make_tensor_value_info
    made = helper.make_graph(
        [node],
        "g",
        [value("x", TensorProto.FLOAT, ["n", 2])],
        [value("y", TensorProto.FLOAT, ["n", 1])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx = helper.make_model(made, ir_version=8, opset_imports=opsets)
    with pytest.raises(FormatError, match="found the min of the trees, expected a sum"):
        tree_shap(onnx.SerializeToString(), np.zeros((1, 2)), np.zeros((1, 2)))


# ---- gradients ----


def network(*, smooth: bool = True, seed: int = 0) -> torch.nn.Module:
    torch.manual_seed(seed)
    bend = torch.nn.Tanh() if smooth else torch.nn.ReLU()
    return torch.nn.Sequential(
        torch.nn.Conv1d(2, 4, 5), bend, torch.nn.AdaptiveAvgPool1d(8),
        torch.nn.Flatten(), torch.nn.Linear(32, 3),
    ).eval()  # fmt: skip


def signals(n_samples: int = 64, seed: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(5, 2, n_samples)).astype(np.float32)


@pytest.mark.parametrize("n_samples", [64, 63])
def test_attributions_are_complete_over_time_and_over_lines(n_samples: int) -> None:
    found = saliency(network(), signals(n_samples), output=1, fs_hz=100.0)
    assert np.abs(found.incomplete).max() < 1e-5
    assert np.abs(found.output - found.base).min() > 1e-3
    total = found.lines.sum(axis=(1, 2))
    np.testing.assert_allclose(total, found.output - found.base, atol=1e-5)
    # Channel by channel too.
    np.testing.assert_allclose(
        found.lines.sum(axis=2), found.samples.sum(axis=2), atol=1e-9
    )
    assert found.lines.shape == (5, 2, n_samples // 2 + 1)
    assert found.frequency_hz[1] == pytest.approx(100.0 / n_samples)


def test_kinks_need_more_steps() -> None:
    module, x = network(smooth=False), signals()
    gaps = [
        np.abs(saliency(module, x, fs_hz=1.0, steps=n).incomplete).max()
        for n in (4, 128)
    ]
    assert gaps[1] < 0.1 * gaps[0]


def test_a_linear_network_has_its_terms() -> None:
    weight = torch.arange(1.0, 9.0)
    x = np.ones((1, 8), np.float32)
    found = saliency(lambda v: (v @ weight)[:, None] + 7.0, x, fs_hz=8.0, steps=1)
    np.testing.assert_allclose(found.samples[0], weight.numpy(), atol=1e-6)
    assert found.base == 7.0
    # All of a constant signal is in the line at 0 Hz.
    np.testing.assert_allclose(found.lines[0], [36, 0, 0, 0, 0], atol=1e-5)


def test_the_line_that_decides_is_found() -> None:
    """A detector of the level in a band looks at the line in this band only."""
    n, fs_hz = 256, 256.0
    t = np.arange(n) / fs_hz
    tone, other = np.sin(2 * np.pi * 40 * t), 3 * np.sin(2 * np.pi * 90 * t + 0.4)

    def level(x: torch.Tensor) -> torch.Tensor:
        return torch.fft.rfft(x)[:, 30:50].abs().square().sum(dim=1, keepdim=True)

    found = saliency(level, (tone + other)[None], fs_hz=fs_hz)
    share = found.lines[0] / found.lines.sum()
    assert found.frequency_hz[np.argmax(share)] == 40.0
    assert share[40] > 0.999
    assert abs(share[90]) < 1e-6


def test_another_baseline_is_the_zero_of_the_sum() -> None:
    module, x = network(), signals()
    found = saliency(module, x, fs_hz=1.0, baseline=x[0])
    assert np.abs(found.samples[0]).max() == 0.0
    assert found.base == pytest.approx(found.output[0], abs=1e-6)
    assert np.abs(found.incomplete).max() < 1e-5


def test_shapes_and_settings_that_do_not_fit_are_refused() -> None:
    x = signals()
    with pytest.raises(ValueError, match="output 3 of a result"):
        saliency(network(), x, output=3, fs_hz=1.0)
    with pytest.raises(ValueError, match="baseline has shape"):
        saliency(network(), x, fs_hz=1.0, baseline=np.zeros(64))
    for changes in ({"steps": 0}, {"fs_hz": 0.0}):
        with pytest.raises(ValueError, match="at least 1, above 0"):
            saliency(network(), x, **({"fs_hz": 1.0} | changes))
