"""From a graph, or the bytes of a model, to C."""

import hashlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import FormatError
from ecmkit.graph.emit import EMITTERS, FORESTS, ForestForm, Written, write_graph
from ecmkit.graph.frontend import import_onnx
from ecmkit.graph.ir import Graph
from ecmkit.graph.model import CompiledModel, Kind
from ecmkit.graph.transform import (
    coded_features,
    forests_apart,
    keep_outputs,
    simplified,
    unshare,
)
from ecmkit.graph.weights import weights_blob

if TYPE_CHECKING:
    from ecmkit.graph.int8 import Quantisation

__all__ = ["Weights", "compile_graph", "compile_onnx", "of_features"]

Weights = Literal["inline", "data"]

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def compile_graph(
    graph: Graph,
    *,
    name: str,
    kind: Kind = "values",
    outputs: Sequence[str] = (),
    weights: Weights = "inline",
    contract_id: str = "",
    forests: ForestForm | None = None,
) -> CompiledModel:
    """Write a graph as C for the device library.

    Parameters
    ----------
    graph : Graph
        From `import_onnx` or `to_int8`.
    name : str
        Lower-case C identifier of at most 32 characters, such as ``classifier``.
    kind : {"values", "class", "score"}
        What the result is: class probabilities, one anomaly score, or anything else.
    outputs : sequence of str
        Class names in the order of the result's elements, or the name of the score;
        for ``values`` the names of the results if they are left out.
    weights : {"inline", "data"}
        ``inline`` writes tables into the source. With ``data`` the function takes them
        as its first argument: one block of bytes that can be replaced in the field,
        see ``ecm_weights.h``. So does the function that sets up what survives.
    contract_id : str
        Hash of the features that the model reads, in hexadecimal digits; goes into the
        head of the data.
    forests : {"packed", "inline", "tables", "loadable"}, optional
        Form of tree ensembles: compact tables and a loop, the default; a function a
        tree, quicker and larger; nodes as ``ecm_tree.h`` has them, the form of weights
        that are data; or a blob, one more input each, that can be replaced without new
        code, see `CompiledModel.blobs`. What the first two do not sum up, such as the
        least of the trees, falls back to nodes.

    Returns
    -------
    CompiledModel
        The same text for the same graph.

    Raises
    ------
    ValueError
        If a name or the outputs do not fit, or there is no such form.
    FormatError
        If a node has no form on the device; names it.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"name {name!r}: expected {_NAME.pattern}")
    if weights not in ("inline", "data"):
        raise ValueError(f"weights {weights!r}: expected 'inline' or 'data'")
    names = _checked(graph, kind, tuple(outputs))
    symbol, as_data = f"ecm_model_{name}", weights == "data"
    form = forests or ("tables" if as_data else "packed")
    _check_form(form, as_data=as_data)
    whole = graph if form == "tables" else coded_features(graph)
    made, blobs = simplified(whole), dict[str, NDArray[np.uint32]]()
    if form == "loadable":
        made, blobs = forests_apart(made)
    written = write_graph(
        unshare(made) if as_data else made,
        {**EMITTERS, "trees": FORESTS.get(form, FORESTS["tables"])},
        symbol=symbol,
        head=_head(symbol, kind, graph, made),
        as_data=as_data,
    )
    compiled = CompiledModel(
        name=name,
        kind=kind,
        outputs=names,
        source=written.source,
        symbol=symbol,
        inputs=written.inputs,
        results=written.outputs,
        work_bytes=written.work_bytes,
        align=written.align,
        state_bytes=written.state_bytes,
        modules=written.modules,
        flash_bytes=written.flash_bytes,
        weights=_blob(written, kind, contract_id) if as_data else b"",
        blobs={name: words.astype("<u4").tobytes() for name, words in blobs.items()},
    )
    return compiled.written_from(made)


def compile_onnx(
    onnx: bytes,
    *,
    name: str,
    kind: Kind,
    outputs: Sequence[str],
    calibration: NDArray[np.float32] | None = None,
    weights: Weights = "inline",
    contract_id: str = "",
    forests: ForestForm | None = None,
    quantisation: "Quantisation | None" = None,
) -> CompiledModel:
    """Compile an ONNX model of features into a classifier, a score or a regression.

    Parameters
    ----------
    onnx : bytes
        Serialised model, see `import_onnx`, with one float32 input and exactly one
        float32 output; other outputs, such as labels, are left out together with what
        only they need.
    name, kind, outputs, weights, contract_id, forests
        See `compile_graph`.
    calibration : ndarray of float32, shape (n, n_features), optional
        Features from which dense layers and convolutions are quantised to int8;
        without them they stay in float32.
    quantisation : Quantisation, optional
        How; the ranges of what was seen, if left out.

    Returns
    -------
    CompiledModel
        The same text for the same arguments.

    Raises
    ------
    ValueError
        If a name, the outputs or the calibration do not fit.
    FormatError
        If the bytes are malformed or use what is not supported; names the node.
    """
    graph = of_features(onnx)
    _check_labels(onnx, tuple(outputs))
    if calibration is not None:
        graph = _quantised(graph, np.asarray(calibration, np.float32), quantisation)
    return compile_graph(
        graph, name=name, kind=kind, outputs=outputs, weights=weights,
        contract_id=contract_id, forests=forests,
    )  # fmt: skip


def of_features(onnx: bytes) -> Graph:
    """Import an ONNX model of features, and keep its one float32 output.

    Parameters
    ----------
    onnx : bytes
        See `compile_onnx`.

    Returns
    -------
    Graph
        Without labels and what only they need.

    Raises
    ------
    FormatError
        If the bytes are malformed, or there is not one float32 input and one output.
    """
    graph = import_onnx(onnx)
    real = [n for n in graph.outputs if graph.tensors[n].dtype == "f32"]
    if len(real) != 1 or len(graph.inputs) != 1:
        raise FormatError(
            f"ONNX: inputs {list(graph.inputs)} and float32 outputs {real}, expected "
            "exactly one of each"
        )
    if graph.tensors[graph.inputs[0]].dtype != "f32":
        raise FormatError(
            f"ONNX input {graph.inputs[0]!r}: elements of type "
            f"{graph.tensors[graph.inputs[0]].dtype}, expected f32"
        )
    return keep_outputs(graph, real)


def _check_form(form: str, *, as_data: bool) -> None:
    if form not in get_args(ForestForm):
        known = ", ".join(get_args(ForestForm))
        raise ValueError(f"forests {form!r}: expected one of {known}")
    if as_data and form != "tables":
        raise ValueError(f"forests {form!r}: weights that are data have 'tables'")


def _checked(graph: Graph, kind: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of the outputs, or of the results where none are given."""
    if kind == "values":
        return names or tuple(graph.outputs)
    if kind not in ("class", "score"):
        raise ValueError(f"kind {kind!r}: expected 'class', 'score' or 'values'")
    if len(graph.outputs) != 1 or graph.tensors[graph.outputs[0]].dtype != "f32":
        raise ValueError(f"kind {kind!r}: {len(graph.outputs)} outputs, expected 1")
    width = graph.tensors[graph.outputs[0]].size
    if len(names) != width or len(set(names)) != width or not all(names):
        raise ValueError(
            f"outputs {names}: the model has {width}, expected as many different names"
        )
    if kind == "score" and width != 1:
        raise ValueError(f"kind 'score' with {width} outputs, expected 1")
    return names


def _check_labels(data: bytes, names: tuple[str, ...]) -> None:
    import onnx

    model = onnx.ModelProto()
    model.ParseFromString(data)
    for node in model.graph.node:
        found = [a for a in node.attribute if a.name == "classlabels_strings"]
        labels = tuple(s.decode("utf-8") for a in found for s in a.strings)
        if labels and "Classifier" in node.op_type and labels != names:
            raise ValueError(f"outputs {names}: the model's classes are {labels}")


def _quantised(
    graph: Graph, calibration: NDArray[np.float32], how: "Quantisation | None"
) -> Graph:
    from ecmkit.graph.int8 import Quantisation, quantised

    shape = graph.tensors[graph.inputs[0]].shape
    n = graph.tensors[graph.inputs[0]].size
    if calibration.ndim != 2 or calibration.shape[1] != n or not len(calibration):
        raise ValueError(
            f"calibration has shape {calibration.shape}, expected (n, {n}), n >= 1"
        )
    if not np.all(np.isfinite(calibration)):
        raise ValueError("calibration features hold NaN or infinity")
    samples = [[row.reshape(shape)] for row in calibration]
    return quantised(graph, samples, how or Quantisation())


def _blob(written: Written, kind: str, contract_id: str) -> bytes:
    layout = hashlib.sha256(f"{kind}\n{written.code}".encode()).digest()
    return weights_blob(written.tables, layout_id=layout, contract_id=contract_id)


def _head(symbol: str, kind: str, graph: Graph, made: Graph) -> list[str]:
    from ecmkit import __version__

    digest = hashlib.sha256(str(graph).encode())
    for name in sorted(graph.constants):
        digest.update(np.ascontiguousarray(graph.constants[name]).tobytes())
    steps = [line for line in str(made).splitlines() if "= constant:" not in line]
    return [
        f"{symbol}.c - {kind}; generated by ecmkit {__version__}, do not edit.",
        "",
        f"Graph: SHA-256 {digest.hexdigest()}",
        "",
        *(f"  {line}" for line in steps if len(line) < 80),
        "",
        "SPDX-License-Identifier: MIT",
    ]
