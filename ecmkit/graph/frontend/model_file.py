"""A model file of either format, by its first bytes."""

from collections.abc import Mapping

from ecmkit.errors import FormatError
from ecmkit.graph.frontend import onnx_file, tflite_file
from ecmkit.graph.frontend.onnx_file import Problem
from ecmkit.graph.ir import Graph

__all__ = ["import_model", "problems_of"]


def import_model(data: bytes, *, sizes: Mapping[str, int] | None = None) -> Graph:
    """Read a model, ONNX or TFLite.

    Parameters
    ----------
    data : bytes
        The file.
    sizes : mapping of str to int, optional
        Lengths for symbolic axes of ONNX, see `import_onnx`.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        See `import_onnx` and `import_tflite`.
    """
    if _is_tflite(data):
        return tflite_file.import_tflite(data)
    return onnx_file.import_onnx(data, sizes=sizes)


def problems_of(
    data: bytes, *, sizes: Mapping[str, int] | None = None
) -> list[Problem]:
    """Find all that keeps a model from being compiled, not only the first.

    Parameters
    ----------
    data, sizes
        As for `import_model`.

    Returns
    -------
    list of Problem
        Empty if nothing does. What depends on a node that failed is not looked at.

    Raises
    ------
    FormatError
        If the bytes are no model at all.
    """
    if _is_tflite(data):
        found = _tflite_problems(data)
    else:
        found = onnx_file.problems_of(data, sizes=sizes)
    return found or _device_problems(import_model(data, sizes=sizes))


def _tflite_problems(data: bytes) -> list[Problem]:
    reading = tflite_file.TfliteReading(data, collect=True)
    try:
        reading.graph()
    except FormatError as error:
        if not reading.problems:
            reading.problems.append(Problem("model", str(error)))
    return reading.problems


def _device_problems(graph: Graph) -> list[Problem]:
    """Find what only shows when the C is written."""
    from ecmkit.graph.compiled import compile_graph

    try:
        compile_graph(graph, name="checked")
    except FormatError as error:
        node, _, why = str(error).partition(": ")
        return [Problem(node, why)]
    return []


def _is_tflite(data: bytes) -> bool:
    return data[4:8] == b"TFL3"
