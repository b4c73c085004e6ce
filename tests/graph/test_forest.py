from typing import NamedTuple

import numpy as np
import onnx
import pytest
from onnx import helper
from sklearn.ensemble import RandomForestClassifier

from ecmkit.errors import FormatError
from ecmkit.graph import compile_onnx, import_onnx
from ecmkit.graph.frontend.onnx_rules.trees import LEAF
from ecmkit.train import fit_forest
from tests.graph.conftest import compiled
from tests.graph.oracles import run_onnx
from tests.synthetic import table

TOLERANCE = 1e-5


class Tables(NamedTuple):
    threshold: np.ndarray
    feature: np.ndarray
    right: np.ndarray
    roots: np.ndarray
    leaves: np.ndarray


def tables(data: bytes) -> Tables:
    graph = import_onnx(data)
    (node,) = (node for node in graph.nodes if node.op == "trees")
    return Tables(*(graph.constants[name] for name in node.inputs[1:]))


@pytest.mark.parametrize(
    ("n_classes", "n_trees", "max_depth", "seed"),
    [(2, 1, 1, 0), (2, 25, 6, 1), (3, 40, 8, 2), (3, 7, None, 3)],
)
def test_c_computes_what_onnxruntime_and_sklearn_compute(
    n_classes: int, n_trees: int, max_depth: int | None, seed: int
) -> None:
    data = table(n_classes=n_classes, seed=seed)
    model = fit_forest(data, n_trees=n_trees, max_depth=max_depth, seed=seed)
    x = table(n=2000, n_classes=n_classes, seed=seed + 100).x
    found = compiled(model).predict(x)
    oracle = RandomForestClassifier(
        n_trees, max_depth=max_depth, min_samples_leaf=2, class_weight="balanced",
        random_state=seed,
    ).fit(data.x, data.label)  # fmt: skip
    for expected in (run_onnx(model.onnx, x), oracle.predict_proba(x)):
        assert np.abs(found - expected).max() < TOLERANCE
        ordered = np.sort(expected, axis=1)
        clear = ordered[:, -1] - ordered[:, -2] > 2 * TOLERANCE
        assert clear.mean() > 0.8
        same = found.argmax(axis=1) == expected.argmax(axis=1)
        assert same[clear].all()


def test_values_on_a_threshold_and_nan_take_the_branches_of_onnx(
    trained, models
) -> None:
    model = trained["forest"]
    forest = tables(model.onnx)
    branches = np.flatnonzero(forest.feature != LEAF)
    rng = np.random.default_rng(0)
    x = np.empty((400, model.n_features), np.float32)
    for column in range(model.n_features):
        own = forest.threshold[branches[forest.feature[branches] == column]]
        x[:, column] = rng.choice(own, 400)
    x[300:][rng.random((100, model.n_features)) < 0.2] = np.nan
    found = models["forest"].predict(x)
    assert np.abs(found - run_onnx(model.onnx, x)).max() < TOLERANCE


def test_trees_stand_in_preorder_and_leaves_are_shared(trained) -> None:
    forest = tables(trained["forest"].onnx)
    assert len(np.unique(forest.leaves, axis=0)) == len(forest.leaves)
    assert (forest.feature == LEAF).sum() > len(forest.leaves)
    ends = [*forest.roots[1:].tolist(), len(forest.feature)]
    for start, end in zip(forest.roots.tolist(), ends, strict=True):
        feature, right = forest.feature[start:end], forest.right[start:end]
        inner = np.flatnonzero(feature != LEAF)
        assert (right[inner] > inner).all()
        assert (right[inner] < end - start).all()
    share = forest.leaves.sum(axis=1) * len(forest.roots)
    np.testing.assert_allclose(share, 1.0, atol=1e-6)


def ensemble(**changes: object) -> bytes:
    """One tree: feature 0 <= 0.5 ? class a : class b, with some attributes changed."""
    attrs: dict[str, object] = {
        "nodes_treeids": [0, 0, 0],
        "nodes_nodeids": [0, 1, 2],
        "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
        "nodes_featureids": [0, 0, 0],
        "nodes_values": [0.5, 0.0, 0.0],
        "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [2, 0, 0],
        "class_treeids": [0, 0, 0, 0],
        "class_nodeids": [1, 1, 2, 2],
        "class_ids": [0, 1, 0, 1],
        "class_weights": [1.0, 0.0, 0.0, 1.0],
        "classlabels_strings": ["a", "b"],
        "post_transform": "NONE",
    }
    attrs.update(changes)
    node = helper.make_node(
        "TreeEnsembleClassifier", ["features"], ["label", "y"], name="trees",
        domain="ai.onnx.ml", **{k: v for k, v in attrs.items() if v is not None},
    )  # fmt: skip
    graph = helper.make_graph(
        [node],
        "test",
        [helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, ["n", 2])],
        [
            helper.make_tensor_value_info("label", onnx.TensorProto.STRING, ["n"]),
            helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 2]),
        ],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    return model.SerializeToString()


def test_smallest_forest() -> None:
    model = compile_onnx(ensemble(), name="m", kind="class", outputs=("a", "b"))
    x = np.float32([[0.5, 9.0], [0.75, 9.0]])
    np.testing.assert_allclose(model.predict(x), [[1.0, 0.0], [0.0, 1.0]], atol=1e-6)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"nodes_modes": ["BRANCH_EQ", "LEAF", "LEAF"]}, "BRANCH_EQ"),
        ({"nodes_featureids": [2, 0, 0]}, "feature 2 of 2 features"),
        ({"nodes_values": [float("nan"), 0.0, 0.0]}, "threshold nan"),
        ({"nodes_values": [0.5, 0.0]}, "2 values, expected 3"),
        ({"nodes_nodeids": [0, 1, 1]}, "twice"),
        ({"nodes_falsenodeids": [1, 0, 0]}, "two parents"),
        ({"nodes_falsenodeids": [0, 0, 0]}, "two parents"),
        ({"nodes_falsenodeids": [7, 0, 0]}, "missing"),
        ({"class_nodeids": [0, 1, 2, 2]}, "no such leaf"),
        ({"class_ids": [0, 2, 0, 1]}, "class 2"),
        ({"class_weights": [1.0, 0.0, float("inf"), 2.0]}, "weight inf"),
        ({"class_weights": None}, "0 values, expected 4"),
    ],
)
def test_forests_that_the_device_cannot_run_are_refused(
    changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(FormatError, match=f"'trees'.*{reason}"):
        import_onnx(ensemble(**changes))


def test_tree_beyond_16_bit_indices_is_refused() -> None:
    """A chain of 33 000 branches: its right ends lie beyond node 65535."""
    n = 33_000
    branches, leaves = list(range(n)), list(range(n, 2 * n + 1))
    # Node i: yes -> the next branch (preorder), so `no` of the root comes last.
    yes = [*range(1, n), leaves[-1]]
    no = leaves[:n]
    size = 2 * n + 1
    data = ensemble(
        nodes_treeids=[0] * size,
        nodes_nodeids=branches + leaves,
        nodes_modes=["BRANCH_LEQ"] * n + ["LEAF"] * (n + 1),
        nodes_featureids=[0] * size,
        nodes_values=[0.5] * size,
        nodes_truenodeids=yes + [0] * (n + 1),
        nodes_falsenodeids=no + [0] * (n + 1),
        class_treeids=[0] * (n + 1),
        class_nodeids=leaves,
        class_ids=[0, 1] * (n // 2) + [0],
        class_weights=[1.0] * (n + 1),
    )
    with pytest.raises(FormatError, match="16 bits"):
        import_onnx(data)
