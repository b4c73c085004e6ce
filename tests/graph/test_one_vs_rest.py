"""Scores of one class against the rest are mended in time that follows their number."""

import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from ecmkit.graph.frontend.one_vs_rest import fix_one_vs_rest, name_class_scores


def against_the_rest(machines):
    """Write what skl2onnx makes of ``OneVsRestClassifier(SVC())``, two vectors each."""
    nodes, columns = [], []
    for at in range(machines):
        label, both, flat, one = (f"{name} {at}" for name in ("l", "b", "f", "o"))
        nodes += [
            helper.make_node(
                "SVMClassifier", ["x"], [label, both], domain="ai.onnx.ml",
                classlabels_ints=[0, 1], coefficients=[1.0, -1.0], rho=[0.0],
                kernel_params=[1.0, 0.0, 3.0], kernel_type="RBF",
                support_vectors=[0.0, 0.0, 1.0, 1.0], vectors_per_class=[1, 1],
            ),
            helper.make_node("Reshape", [both, "rows"], [flat]),
            helper.make_node("Slice", [flat, "from", "to", "from"], [one]),
        ]  # fmt: skip
        columns.append(one)
    nodes += [
        helper.make_node("Concat", columns, ["scores"], axis=1),
        helper.make_node("ArgMax", ["scores"], ["y"], axis=1),
    ]
    known = {"rows": [-1, 2], "from": [1], "to": [2]}
    graph = helper.make_graph(
        nodes, "rest",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.INT64, [1, 1])],
        [numpy_helper.from_array(np.array(v), name) for name, v in known.items()],
    )  # fmt: skip
    return helper.make_model(graph)


def pairs(machines):
    """Write machines of three classes, the scores of each summed from its pairs."""
    nodes, rows = [], []
    for at in range(machines):
        label, three, half, total = (f"{name} {at}" for name in ("l", "p", "h", "t"))
        nodes += [
            helper.make_node(
                "SVMClassifier", ["x"], [label, three], domain="ai.onnx.ml",
                classlabels_ints=[0, 1, 2], coefficients=[1.0], rho=[0.0],
            ),
            helper.make_node("Neg", [three], [half]),
            helper.make_node("Add", [three, half], [total]),
        ]  # fmt: skip
        rows.append(total)
    nodes.append(helper.make_node("Concat", rows, ["y"], axis=0))
    graph = helper.make_graph(
        nodes, "pairs",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )  # fmt: skip
    return helper.make_model(graph)


def steps(change, model):
    """Lines of Python that a change of a model takes, also inside of what it calls."""
    taken = 0

    def traced(frame, event, arg):
        nonlocal taken
        taken += event == "line"
        return traced

    before = sys.gettrace()
    sys.settrace(traced)
    try:
        change(model)
    finally:
        sys.settrace(before)
    return taken


def test_each_machine_that_is_compared_is_turned_around():
    model = against_the_rest(5)
    fix_one_vs_rest(model)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds == [
        *["SVMClassifier", "Neg", "Reshape", "Slice"] * 5,
        "Concat",
        "ArgMax",
    ]
    for at in range(5):
        svm, minus = model.graph.node[4 * at : 4 * at + 2]
        assert minus.input[0] == svm.output[1] == f"b {at} of the other class"
        assert minus.output[0] == f"b {at}"


def test_ten_times_the_machines_take_ten_times_as_long():
    # 50 classes in pairs are 1,225 machines; scans of all for each take a hundredfold.
    for change, write in (
        (fix_one_vs_rest, against_the_rest),
        (name_class_scores, pairs),
    ):
        few, many = (steps(change, write(machines)) for machines in (122, 1225))
        assert 9 * few < many < 11 * few
