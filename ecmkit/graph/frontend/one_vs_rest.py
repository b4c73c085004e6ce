"""Scores of one class against the rest, as skl2onnx writes them."""

import math
from collections.abc import Callable
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError

if TYPE_CHECKING:
    import onnx

__all__ = ["fix_one_vs_rest", "name_class_scores"]


def fix_one_vs_rest(model: "onnx.ModelProto") -> None:
    """Turn the scores that scikit-learn's ``OneVsRestClassifier(SVC())`` compares.

    skl2onnx takes the second column of each two-class SVMClassifier. In onnxruntime,
    and here, the decision is in the first and the second is its negative, so that the
    class that fits least would win. A ``Neg`` in between gives scikit-learn's labels.

    Parameters
    ----------
    model : onnx.ModelProto
        Changed in place; models without that pattern stay as they are.
    """
    from onnx import helper

    nodes = list(model.graph.node)
    if all(node.op_type != "SVMClassifier" for node in nodes):
        return
    values = _Values(model)
    made: list[onnx.NodeProto] = []
    for node in nodes:
        made.append(node)
        if node.op_type == "SVMClassifier" and _is_compared(values, node):
            scores = node.output[1]
            node.output[1] = f"{scores} of the other class"
            made.append(helper.make_node("Neg", [node.output[1]], [scores]))
    if len(made) > len(nodes):
        del model.graph.node[:]
        model.graph.node.extend(made)


class _Values:
    """Constants and results of a model, and the places of the nodes that read them."""

    def __init__(self, model: "onnx.ModelProto") -> None:
        self.nodes = list(model.graph.node)
        self.constants = {t.name: t for t in model.graph.initializer}
        self.outputs = {o.name for o in model.graph.output}
        self.readers: dict[str, list[int]] = {}
        for at, node in enumerate(self.nodes):
            for name in dict.fromkeys(node.input):
                self.readers.setdefault(name, []).append(at)


def _is_compared(values: _Values, node: "onnx.NodeProto") -> bool:
    """Whether the second score of a node, and nothing else, goes into an ArgMax."""
    names = {attribute.name for attribute in node.attribute}
    if "prob_a" in names or len(node.output) < 2:
        return False
    path: list[str] = []
    name = node.output[1]
    for _ in range(4):
        readers = [values.nodes[at] for at in values.readers.get(name, ())]
        if path[-1:] == ["Concat"]:
            return any(n.op_type == "ArgMax" for n in readers)
        if len(readers) != 1 or name in values.outputs:
            return False
        (reader,) = readers
        if reader.op_type == "Slice" and not _starts_at_one(values, reader):
            return False
        path.append(reader.op_type)
        name = reader.output[0]
    return False


def _starts_at_one(values: _Values, node: "onnx.NodeProto") -> bool:
    from onnx import numpy_helper

    tensor = values.constants.get(node.input[1]) if len(node.input) > 1 else None
    if tensor is None:
        return False
    try:
        return bool((numpy_helper.to_array(tensor) == 1).all())
    except (ValueError, TypeError, KeyError) as error:
        raise FormatError(f"ONNX constant {tensor.name!r}: {error}") from error


def name_class_scores(model: "onnx.ModelProto") -> None:
    """Bring scores of classes that are spelt out pair by pair into one node.

    ``SVC(decision_function_shape="ovr")`` of k classes becomes 5 nodes for each of its
    k (k - 1) / 2 pairs in skl2onnx. What computes the same for pairs of any value is
    the node ``ClassScores`` of the domain ``ecmkit`` instead.

    Parameters
    ----------
    model : onnx.ModelProto
        Changed in place; models without that pattern stay as they are.
    """
    from onnx import helper

    if all(node.op_type != "SVMClassifier" for node in model.graph.node):
        return
    values = _Values(model)
    nodes: list[onnx.NodeProto | None] = [*values.nodes]
    for node in values.nodes:
        names = {a.name: a for a in node.attribute}
        labels = names.get("classlabels_ints") or names.get("classlabels_strings")
        if node.op_type != "SVMClassifier" or "prob_a" in names or labels is None:
            continue
        classes = len(labels.ints) or len(labels.strings)
        if classes < 3 or len(node.output) < 2:
            continue
        places = _block(values, node.output[1])
        block = [values.nodes[at] for at in places]
        if not block or not _scores_classes(values, node.output[1], block, classes):
            continue
        for at in places:
            nodes[at] = None
        nodes[places[-1]] = helper.make_node(
            "ClassScores", [node.output[1]], block[-1].output, n_classes=classes,
            domain="ecmkit", name=f"{node.name} classes",
        )  # fmt: skip
    if None in nodes:
        del model.graph.node[:]
        model.graph.node.extend(node for node in nodes if node is not None)
        if all(opset.domain != "ecmkit" for opset in model.opset_import):
            model.opset_import.append(helper.make_opsetid("ecmkit", 1))


def _block(values: _Values, name: str) -> list[int]:
    """Places of the nodes from a value to the first sum of two that it alone makes.

    Empty if there is no such sum, or anything else reads what is made on the way.
    """
    inside, block = {name}, list[int]()
    waiting = list(values.readers.get(name, ()))
    seen = set(waiting)
    while waiting:
        at = heappop(waiting)
        node = values.nodes[at]
        others = {i for i in node.input if i not in inside}
        if not others <= values.constants.keys() or (block and at < block[-1]):
            return []
        block.append(at)
        if node.op_type == "Add" and not others:
            break
        inside.update(node.output)
        for reader in (r for o in node.output for r in values.readers.get(o, ())):
            if reader not in seen:
                seen.add(reader)
                heappush(waiting, reader)
    else:
        return []
    own = set(block)
    read = any(not own.issuperset(values.readers.get(value, ())) for value in inside)
    return [] if read or inside & values.outputs else block


def _scores_classes(
    known: _Values, name: str, block: list["onnx.NodeProto"], classes: int
) -> bool:
    """Whether nodes make scikit-learn's scores of classes from those of pairs.

    They are computed, as far as they take no more than what skl2onnx writes: several
    nodes a pair, whose values have some columns a pair in all.
    """
    from onnx import numpy_helper

    n_pairs = classes * (classes - 1) // 2
    if n_pairs > len(block):
        return False
    rng = np.random.default_rng(0)
    pairs = rng.standard_normal((8, n_pairs))
    left = _COLUMNS * pairs.size
    pairs *= 10.0 ** rng.integers(-2, 3, pairs.shape)
    pairs[rng.random(pairs.shape) < 0.2] = 0.0
    read = {i for node in block for i in node.input}
    try:
        values = {
            constant: numpy_helper.to_array(known.constants[constant])
            for constant in read & known.constants.keys()
        }
        if any(value.dtype.kind not in "biuf" for value in values.values()):
            return False
        values[name] = pairs
        for node in block:
            if node.op_type not in _FUNCTIONS or not _is_plain(node):
                return False
            given = [values[i] for i in node.input]
            left -= _size(node.op_type, given)
            if left < 0:
                return False
            with np.errstate(all="ignore"):
                values[node.output[0]] = _FUNCTIONS[node.op_type](*given)
    except (ValueError, TypeError, IndexError, KeyError):
        # Shapes that do not fit: said where the node itself is read.
        return False
    found, wanted = values[block[-1].output[0]], _class_scores(pairs, classes)
    return found.shape == wanted.shape and np.allclose(found, wanted, atol=1e-5)


_FUNCTIONS: dict[str, Callable[..., NDArray[Any]]] = {
    "Abs": np.abs,
    "Add": np.add,
    "ArrayFeatureExtractor": lambda a, at: np.take(a, at.reshape(-1), axis=1),
    "Cast": lambda a: a.astype(np.float64),
    "Concat": lambda *parts: np.concatenate(parts, axis=1),
    "Div": np.divide,
    "Identity": np.asarray,
    "Less": np.less,
    "Mul": np.multiply,
    "Neg": np.negative,
    "Sum": lambda *parts: np.sum(parts, axis=0),
}
"""Operators that scores of classes are spelt out with, of settings that are plain."""


_COLUMNS = 64
"""Of all values together, for each pair; skl2onnx needs 23 of 3 classes, then fewer."""


def _size(op: str, given: list[NDArray[Any]]) -> int:
    """Numbers that a node makes, or puts together on the way."""
    if op == "ArrayFeatureExtractor":
        value, at = given
        return int(value.size // max(value.shape[1], 1) * at.size)
    joined = sum(value.size for value in given)
    if op == "Concat":
        return joined
    shape = np.broadcast_shapes(*(value.shape for value in given))
    return max(joined, math.prod(shape))


def _is_plain(node: "onnx.NodeProto") -> bool:
    """Whether a cast makes floats, and columns are put side by side."""
    from onnx import TensorProto

    settings = {a.name: a.i for a in node.attribute}
    floats = settings.get("to", TensorProto.FLOAT) == TensorProto.FLOAT
    return floats and settings.get("axis", 1) in (1, -1)


def _class_scores(pairs: NDArray[Any], classes: int) -> NDArray[Any]:
    """Votes for each class, and less than a vote for how clear they are."""
    clear = np.zeros((len(pairs), classes))
    votes = clear.copy()
    for at, (i, j) in enumerate(zip(*np.triu_indices(classes, 1), strict=True)):
        votes[:, i] += pairs[:, at] >= 0
        votes[:, j] += pairs[:, at] < 0
        clear[:, i] += pairs[:, at]
        clear[:, j] -= pairs[:, at]
    votes += clear / (3 * (np.abs(clear) + 1))
    return votes
