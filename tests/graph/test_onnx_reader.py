import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from ecmkit.errors import FormatError
from ecmkit.graph import compile_onnx, read_onnx
from tests.graph.oracles import make_model


def scaled(op: str = "Sub", **attrs: object) -> list[onnx.NodeProto]:
    return [helper.make_node(op, ["features", "c"], ["y"], name="first", **attrs)]


C = {"c": np.ones(4, np.float32)}


def test_text_shows_values_nodes_and_output() -> None:
    text = str(read_onnx(make_model(scaled(), C, width=4)))
    assert text.splitlines() == [
        "features: float32 [n, 4]",
        "c: float32 [4]",
        "y = Sub(features, c)",
        "return y",
    ]


def test_what_the_output_does_not_need_is_left_out() -> None:
    nodes = [*scaled(), helper.make_node("Relu", ["features"], ["unused"])]
    assert [n.op for n in read_onnx(make_model(nodes, C)).nodes] == ["Sub"]


@pytest.mark.parametrize("data", [b"", b"\x00", b"not a model", bytes(range(256))])
def test_bytes_that_are_no_model_are_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match="ONNX"):
        read_onnx(data)


def test_unknown_operator_is_named() -> None:
    with pytest.raises(FormatError, match=r"'first' \(Atan\).*not supported"):
        read_onnx(
            make_model(
                [helper.make_node("Atan", ["features"], ["y"], name="first")], {}
            )
        )


def test_operator_of_a_foreign_domain_is_refused() -> None:
    node = helper.make_node("Sub", ["features", "c"], ["y"], domain="com.example")
    with pytest.raises(FormatError, match=r"com\.example"):
        read_onnx(make_model([node], C))


def test_unknown_attribute_is_named() -> None:
    with pytest.raises(FormatError, match=r"'first'.*`axis`"):
        read_onnx(make_model(scaled(axis=1), C))


@pytest.mark.parametrize("shape", ["width", 0])
def test_dynamic_number_of_features_is_refused(shape: int | str) -> None:
    with pytest.raises(FormatError, match="fixed n_features"):
        read_onnx(make_model(scaled(), C, n_features=shape))


def test_old_operator_set_is_refused() -> None:
    with pytest.raises(FormatError, match="operator set 9"):
        read_onnx(make_model(scaled(), C, opset=9))


def test_double_constants_are_refused() -> None:
    with pytest.raises(FormatError, match="'c': type"):
        read_onnx(make_model(scaled(), {"c": np.ones(4)}))


def test_constants_that_are_not_finite_are_refused() -> None:
    with pytest.raises(FormatError, match="'c': holds NaN"):
        read_onnx(make_model(scaled(), {"c": np.full(4, np.nan, np.float32)}))


def test_external_data_is_refused() -> None:
    model = onnx.load_from_string(make_model(scaled(), C))
    model.graph.initializer[0].data_location = TensorProto.EXTERNAL
    with pytest.raises(FormatError, match="not inside the model"):
        read_onnx(model.SerializeToString())


def test_constant_with_too_little_data_is_refused() -> None:
    model = onnx.load_from_string(make_model(scaled(), C))
    model.graph.initializer[0].raw_data = b"\x00" * 7
    with pytest.raises(FormatError, match="'c'"):
        read_onnx(model.SerializeToString())


def test_value_that_nobody_makes_is_named() -> None:
    node = helper.make_node("Sub", ["features", "ghost"], ["y"], name="first")
    with pytest.raises(FormatError, match=r"'first'.*'ghost'"):
        read_onnx(make_model([node], {}))


def test_two_writers_of_one_value_are_refused() -> None:
    with pytest.raises(FormatError, match="name of another value"):
        read_onnx(make_model([*scaled(), *scaled()], C))


def test_two_inputs_are_refused() -> None:
    model = onnx.load_from_string(make_model(scaled(), C))
    model.graph.input.add().CopyFrom(model.graph.input[0])
    model.graph.input[1].name = "more"
    with pytest.raises(FormatError, match="expected one: the features"):
        read_onnx(model.SerializeToString())


@pytest.mark.parametrize("family", ["forest", "kmeans", "autoencoder"])
def test_damaged_models_give_a_format_error_or_compile(trained, family: str) -> None:
    """Flip, cut and insert bytes: never another exception, never a hang."""
    model = trained[family]
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(60):
        data = bytearray(model.onnx)
        for _ in range(rng.integers(1, 4)):
            at = int(rng.integers(0, min(len(data), 4000)))
            match int(rng.integers(0, 3)):
                case 0:
                    data[at] ^= 1 << int(rng.integers(0, 8))
                case 1:
                    del data[at : at + int(rng.integers(1, 9))]
                case _:
                    data[at:at] = rng.bytes(3)
        try:
            compile_onnx(
                bytes(data),
                name="fuzzed",
                kind=model.kind,
                outputs=model.outputs,
                calibration=model.calibration,
            )
        except FormatError:
            refused += 1
        except ValueError as error:
            # Another width or other classes: the arguments no longer fit the model.
            if not any(word in str(error) for word in ("outputs", "calibration")):
                raise
            refused += 1
    assert refused > 20
