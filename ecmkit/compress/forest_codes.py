"""Forests whose splits are numbers of 8 or 16 bits."""

from copy import deepcopy
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ecmkit.train import TrainedModel

if TYPE_CHECKING:
    import onnx

__all__ = ["quantise_forest"]

_SPLIT = "BRANCH_LEQ"
F32 = NDArray[np.float32]


def quantise_forest(model: TrainedModel, *, bits: Literal[8, 16] = 8) -> TrainedModel:
    """Round the limits of a forest to 255 or 65535 places of each feature.

    Parameters
    ----------
    model : TrainedModel
        A forest of classes; after all other steps, which would forget the codes.
    bits : {8, 16}
        Of a code of a feature.

    Returns
    -------
    TrainedModel
        Whose ONNX codes each feature, ``clip(floor((x - low) * steps), 0, 2**bits -
        1)``, with the least and the greatest limit of the feature as ends, and splits
        the codes. Other runtimes decide as the device does, which keeps bytes. The
        limits of its estimator are those where the codes change: it decides alike.

    Raises
    ------
    ValueError
        If it is no forest of classes, is coded already, or `bits` is neither.
    """
    import onnx

    if bits not in (8, 16):
        raise ValueError(f"bits {bits}: expected 8 or 16")
    file = onnx.load_from_string(model.onnx)
    nodes = list(file.graph.node)
    at = [i for i, n in enumerate(nodes) if n.op_type == "TreeEnsembleClassifier"]
    if len(at) != 1 or nodes[at[0]].input[0] != file.graph.input[0].name:
        raise ValueError(
            f"quantise_forest: found {[n.op_type for n in nodes]} of family "
            f"{model.family!r}, expected one forest of classes that reads the features"
        )
    trees = nodes[at[0]]
    given = {attribute.name: attribute for attribute in trees.attribute}
    modes = np.array(given["nodes_modes"].strings)
    if not np.isin(modes, [_SPLIT.encode(), b"LEAF"]).all():
        raise ValueError(f"quantise_forest: splits {set(modes)}, expected {_SPLIT}")
    inner = modes == _SPLIT.encode()
    features = np.array(given["nodes_featureids"].ints)
    limits = np.array(given["nodes_values"].floats, np.float32)
    low, steps = _places(features[inner], limits[inner], model.n_features, bits)
    codes = _code_of_limit(limits, low[features], steps[features], bits)
    given["nodes_values"].floats[:] = np.where(inner, codes + 0.5, limits).tolist()
    _put_codes_before(trees, file.graph, low, steps, bits)
    return replace(
        model,
        onnx=file.SerializeToString(deterministic=True),
        estimator=_rounded(model.estimator, low, steps, bits),
        params=model.params | {"bits": str(bits)},
    )


def _put_codes_before(
    trees: "onnx.NodeProto", graph: "onnx.GraphProto", low: F32, steps: F32, bits: int
) -> None:
    """Let the trees read codes of the features, computed in front of all nodes."""
    from onnx import helper, numpy_helper

    source, trees.input[0] = trees.input[0], "features_code"
    constants = {
        "low": low,
        "steps": steps,
        "code_least": np.float32(0),
        "code_most": np.float32(2**bits - 1),
    }
    graph.initializer.extend(
        numpy_helper.from_array(np.asarray(v), name) for name, v in constants.items()
    )
    nodes = list(graph.node)
    chain = [
        helper.make_node("Sub", [source, "low"], ["features_above"]),
        helper.make_node("Mul", ["features_above", "steps"], ["features_steps"]),
        helper.make_node("Floor", ["features_steps"], ["features_whole"]),
        helper.make_node(
            "Clip", ["features_whole", "code_least", "code_most"], ["features_code"]
        ),
    ]
    del graph.node[:]
    graph.node.extend([*chain, *nodes])


def _places(
    features: NDArray[np.intp], limits: F32, n_features: int, bits: int
) -> tuple[F32, F32]:
    """Give where the codes of each feature begin, and steps in a unit of it."""
    low = np.zeros(n_features, np.float32)
    steps = np.ones(n_features, np.float32)
    for feature in np.unique(features):
        mine = limits[features == feature].astype(np.float64)
        width = np.ptp(mine) / (2**bits - 2) or max(abs(mine[0]), 1.0)
        low[feature] = mine.min() - width
        steps[feature] = np.clip(1.0 / width, 1e-30, 1e30)
    return low, steps


def _code(x: F32, low: F32, steps: F32, bits: int) -> F32:
    """Compute what the device does."""
    codes = np.clip(np.floor((x - low) * steps), 0, 2**bits - 1)
    return np.asarray(codes, np.float32)


def _code_of_limit(limits: F32, low: F32, steps: F32, bits: int) -> NDArray[np.int64]:
    """Round a limit to the nearest place where the code changes: the code below it."""
    place = np.rint((limits.astype(np.float64) - low) * steps.astype(np.float64))
    return np.asarray(np.clip(place - 1, 0, 2**bits - 2), np.int64)


def _rounded(forest: Any, low: F32, steps: F32, bits: int) -> Any:
    """Return an estimator whose limits are the last numbers of the codes."""
    if forest is None:
        return None
    made = deepcopy(forest)
    for member in made.estimators_:
        tree = member.tree_
        inner = tree.children_left >= 0
        which = tree.feature[inner]
        limits = tree.threshold[inner].astype(np.float32)
        codes = _code_of_limit(limits, low[which], steps[which], bits)
        tree.threshold[inner] = _last_of(codes, low[which], steps[which], bits)
    return made


def _last_of(codes: NDArray[np.int64], low: F32, steps: F32, bits: int) -> F32:
    """Find the greatest numbers of codes: floats in order are integers in order."""
    least = np.full(len(codes), -0x7F7FFFFF, np.int64)
    most = np.full(len(codes), 0x7F7FFFFF, np.int64)
    with np.errstate(over="ignore"):
        while (least < most).any():
            middle = (least + most + 1) // 2
            inside = _code(_float(middle), low, steps, bits) <= codes
            least, most = (
                np.where(inside, middle, least),
                np.where(inside, most, middle - 1),
            )
    return _float(least)


def _float(order: NDArray[np.int64]) -> F32:
    """Give the floats that have these places in the order of all."""
    bits = np.where(order < 0, 0x80000000 - order, order).astype(np.uint32)
    return bits.view(np.float32)
