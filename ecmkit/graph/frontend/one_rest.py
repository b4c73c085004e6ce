"""Machines of one class against the rest, as skl2onnx writes them."""

from typing import TYPE_CHECKING

from ecmkit.errors import FormatError

if TYPE_CHECKING:
    import onnx

__all__ = ["mend_one_against_rest"]


def mend_one_against_rest(model: "onnx.ModelProto") -> None:
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
    made: list[onnx.NodeProto] = []
    for node in nodes:
        made.append(node)
        if node.op_type == "SVMClassifier" and _is_compared(model, node, nodes):
            scores = node.output[1]
            node.output[1] = f"{scores} of the other class"
            made.append(helper.make_node("Neg", [node.output[1]], [scores]))
    if len(made) > len(nodes):
        del model.graph.node[:]
        model.graph.node.extend(made)


def _is_compared(
    model: "onnx.ModelProto", node: "onnx.NodeProto", nodes: list["onnx.NodeProto"]
) -> bool:
    """Whether the second score of a node, and nothing else, goes into an ArgMax."""
    names = {attribute.name for attribute in node.attribute}
    if "prob_a" in names or len(node.output) < 2:
        return False
    path: list[str] = []
    name = node.output[1]
    for _ in range(4):
        readers = [n for n in nodes if name in n.input]
        if path[-1:] == ["Concat"]:
            return any(n.op_type == "ArgMax" for n in readers)
        if len(readers) != 1 or any(o.name == name for o in model.graph.output):
            return False
        (reader,) = readers
        if reader.op_type == "Slice" and not _starts_at_one(model, reader):
            return False
        path.append(reader.op_type)
        name = reader.output[0]
    return False


def _starts_at_one(model: "onnx.ModelProto", node: "onnx.NodeProto") -> bool:
    from onnx import numpy_helper

    for tensor in model.graph.initializer:
        if len(node.input) > 1 and tensor.name == node.input[1]:
            try:
                return bool((numpy_helper.to_array(tensor) == 1).all())
            except (ValueError, TypeError, KeyError) as error:
                where = f"ONNX constant {tensor.name!r}"
                raise FormatError(f"{where}: {error}") from error
    return False
