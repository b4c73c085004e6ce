"""Models run by LiteRT's reference kernels, and crafted operator by operator."""

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from ecmkit.graph.export.tflite_model import TfliteModel
from ecmkit.graph.ir import Tensor

__all__ = ["Craft", "Tensor", "run"]


def run(data, rows, *, reference=True):
    """Results of a model for rows of inputs, in the order of the file."""
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(
        model_content=data,
        num_threads=1,
        experimental_op_resolver_type=(
            OpResolverType.BUILTIN_REF if reference else plain
        ),
    )
    interpreter.allocate_tensors()
    inputs = [d["index"] for d in interpreter.get_input_details()]
    outputs = [d["index"] for d in interpreter.get_output_details()]
    results = []
    for row in rows:
        for at, value in zip(inputs, row, strict=True):
            interpreter.set_tensor(at, value)
        interpreter.invoke()
        results.append([interpreter.get_tensor(at).copy() for at in outputs])
    return results


class Craft:
    """A file of single operators, each of whose results is an output."""

    def __init__(self, *inputs):
        self.file = TfliteModel()
        self.inputs = [self.file.tensor(kind) for kind in inputs]
        self.outputs = []

    def ints(self, *values):
        return self.file.constant(np.array(values, np.int32))

    def add(self, op, inputs, kind, version=1, options="", **settings):
        at = self.file.tensor(kind)
        self.file.operator(op, inputs, [at], version=version, options=options,
                           **settings)  # fmt: skip
        self.outputs.append(at)
        return at

    def data(self):
        return self.file.bytes(self.inputs, self.outputs)
