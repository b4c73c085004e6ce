"""Other programs that compute what the generated C computes."""

import subprocess
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from ecmkit._paths import csrc_dir

WARNINGS = (
    *("-std=c99", "-O2", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra"),
    *("-Wpedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Wvla", "-Wcast-qual"),
    *("-Wdouble-promotion", "-Wmissing-prototypes", "-Werror"),
)


def run_onnx(data: bytes, x: np.ndarray) -> np.ndarray:
    """Float outputs of a model by onnxruntime, on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        data, options, providers=["CPUExecutionProvider"]
    )
    names = [o.name for o in session.get_outputs() if o.type == "tensor(float)"]
    (out,) = session.run(names, {"features": x.astype(np.float32)})
    return out


def make_model(
    nodes: list[onnx.NodeProto],
    constants: dict[str, np.ndarray],
    *,
    n_features: int | str = 4,
    width: int = 1,
    opset: int = 17,
    domains: tuple[tuple[str, int], ...] = (),
) -> bytes:
    """Serialise a model with input ``features`` and output ``y``."""
    graph = helper.make_graph(
        nodes,
        "test",
        [
            helper.make_tensor_value_info(
                "features", TensorProto.FLOAT, ["n", n_features]
            )
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", width])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid(d, v) for d, v in (("", opset), *domains)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    return model.SerializeToString()


def compile_strictly(source: str, folder: Path, compiler: list[str]) -> str:
    """Compile with every warning an error; return what the compiler says."""
    path = folder / "model.c"
    path.write_text(source)
    include = [f"-I{csrc_dir()}", f"-I{csrc_dir() / 'port' / 'fpu'}"]
    command = [*compiler, *WARNINGS, *include, "-c", str(path), "-o", f"{path}.o"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr
