import numpy as np
import pytest
from onnx import helper

from ecmkit.errors import FormatError
from ecmkit.graph import CompiledOnHost, compile_onnx, program_of, read_onnx
from tests.graph.oracles import make_model, run_onnx

RNG = np.random.default_rng(3)
MEAN = RNG.normal(size=4).astype(np.float32)
SD = RNG.uniform(0.5, 2.0, size=4).astype(np.float32)
CENTROIDS = RNG.normal(size=(3, 4)).astype(np.float32)
X = RNG.normal(size=(50, 4)).astype(np.float32)
node = helper.make_node


def text_of(nodes: list, constants: dict, **options: object) -> list[str]:
    graph = read_onnx(make_model(nodes, constants, **options))
    return str(program_of(graph)).splitlines()[1:-1]


def test_division_is_a_scaler() -> None:
    nodes = [node("Sub", ["features", "m"], ["a"]), node("Div", ["a", "s"], ["y"])]
    assert text_of(nodes, {"m": MEAN, "s": SD}) == ["v1 = scale(features) [4]"]


def test_scaler_operator_computes_what_onnxruntime_computes() -> None:
    scaler = node(
        "Scaler", ["features"], ["z"], domain="ai.onnx.ml",
        offset=MEAN.tolist(), scale=SD.tolist(),
    )  # fmt: skip
    data = make_model([scaler, *nearest("z")], CONSTANTS, domains=(("ai.onnx.ml", 3),))
    check_against_onnxruntime(data)


def test_two_scalers_become_one() -> None:
    nodes = [
        node("Sub", ["features", "m"], ["a"]),
        node("Mul", ["a", "sd"], ["b"]),
        node("Add", ["b", "m"], ["c"]),
        node("Div", ["c", "sd"], ["z"]),
        *nearest("z"),
    ]
    data = make_model(nodes, {"m": MEAN, "sd": SD, **CONSTANTS})
    text = str(program_of(read_onnx(data)))
    assert text.count("scale(") == 1
    check_against_onnxruntime(data)


@pytest.mark.parametrize("root_first", [False, True])
@pytest.mark.parametrize("square", ["Mul", "Pow"])
@pytest.mark.parametrize("opset", [17, 20])
def test_spellings_of_the_nearest_centroid(
    root_first: bool, square: str, opset: int
) -> None:
    nodes = nearest("features", root_first=root_first, square=square, opset=opset)
    data = make_model(nodes, CONSTANTS, opset=opset)
    assert text_of(nodes, CONSTANTS, opset=opset) == [
        "v1 = nearest(features, 3 centroids) [1]"
    ]
    if opset == 17:
        check_against_onnxruntime(data)


def test_distance_without_its_root_is_refused() -> None:
    nodes = nearest("features")[:-1]
    nodes[-1].output[0] = "y"
    with pytest.raises(FormatError, match="output 'y'"):
        text_of(nodes, CONSTANTS)


def test_matmul_and_add_are_a_dense_layer() -> None:
    nodes = [
        node("MatMul", ["features", "w"], ["a"]),
        node("Add", ["a", "b"], ["d"]),
        node("Relu", ["d"], ["y"]),
    ]
    constants = {"w": RNG.normal(size=(4, 2)).astype(np.float32), "b": SD[:2]}
    assert text_of(nodes, constants, width=2) == [
        "v1 = dense(features, 4 to 2, relu) [2]"
    ]


def test_dense_layer_without_calibration_asks_for_it() -> None:
    nodes = [node("Gemm", ["features", "w", "b"], ["y"])]
    constants = {"w": RNG.normal(size=(4, 2)).astype(np.float32), "b": SD[:2]}
    with pytest.raises(FormatError, match="calibration"):
        compile_onnx(
            make_model(nodes, constants, width=2), name="m", kind="class",
            outputs=("a", "b"),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("nodes", "constants"),
    [
        ([node("Relu", ["features"], ["y"], name="odd")], {}),
        ([node("Sqrt", ["features"], ["y"], name="odd")], {}),
        ([node("Clip", ["features", "a", "a"], ["y"], name="odd")], {"a": SD[:1]}),
        ([node("Mul", ["features", "features"], ["y"], name="odd")], {}),
        ([node("Gemm", ["features", "w", "b"], ["y"], name="odd", alpha=2.0)],
         {"w": CENTROIDS.T.copy(), "b": SD[:3]}),
        ([node("Gemm", ["features", "w"], ["y"], name="odd")],
         {"w": CENTROIDS.T.copy()}),
        ([node("MatMul", ["features", "w"], ["y"], name="odd")], {"w": CENTROIDS}),
        ([node("Sub", ["features", "m"], ["a"]),
          node("Mul", ["a", "s"], ["y"], name="odd")], {"m": MEAN, "s": SD[:3]}),
    ],
)  # fmt: skip
def test_what_has_no_routine_is_refused_by_name(nodes: list, constants: dict) -> None:
    with pytest.raises(FormatError, match="'odd'"):
        text_of(nodes, constants)


def test_relu_whose_input_is_read_twice_is_refused() -> None:
    nodes = [
        node("Gemm", ["features", "w", "b"], ["d"]),
        node("Relu", ["d"], ["r"], name="odd"),
        node("Sub", ["d", "r"], ["y"]),
    ]
    constants = {"w": RNG.normal(size=(4, 4)).astype(np.float32), "b": SD}
    with pytest.raises(FormatError, match="'odd'"):
        text_of(nodes, constants)


def test_division_by_zero_is_refused() -> None:
    nodes = [node("Sub", ["features", "m"], ["a"]), node("Div", ["a", "s"], ["y"])]
    with pytest.raises(FormatError, match="divides by zero"):
        text_of(nodes, {"m": MEAN, "s": np.float32([1, 1, 0, 1])})


def test_model_that_computes_nothing_is_refused() -> None:
    with pytest.raises(FormatError, match="nothing is computed"):
        text_of([node("Identity", ["features"], ["y"])], {}, width=4)


CONSTANTS = {
    "one": np.array([1], np.int64),
    "two": np.array([2], np.int64),
    "centroids": CENTROIDS,
    "power": np.array(2.0, np.float32),
}


def nearest(
    x: str, *, root_first: bool = False, square: str = "Mul", opset: int = 17
) -> list:
    """Nodes from a vector to the distance of its nearest centroid."""
    squared = ["d", "d"] if square == "Mul" else ["d", "power"]
    if opset >= 18:
        least = {"inputs": ["one"], "attrs": {}}
    else:
        least = {"inputs": [], "attrs": {"axes": [1]}}
    head = [
        node("Unsqueeze", [x, "one"], ["r"]),
        node("Sub", ["r", "centroids"], ["d"]),
        node(square, squared, ["q"]),
        node("ReduceSum", ["q", "two"], ["s"], keepdims=0),
    ]
    first, second = ("s", "t")
    if root_first:
        return [
            *head,
            node("Sqrt", [first], [second]),
            node("ReduceMin", [second, *least["inputs"]], ["y"], **least["attrs"]),
        ]
    return [
        *head,
        node("ReduceMin", [first, *least["inputs"]], [second], **least["attrs"]),
        node("Sqrt", [second], ["y"]),
    ]


def check_against_onnxruntime(data: bytes) -> None:
    model = compile_onnx(data, name="m", kind="score", outputs=("s",))
    found = CompiledOnHost(model).predict(X)
    np.testing.assert_allclose(found, run_onnx(data, X), rtol=2e-6, atol=1e-6)
