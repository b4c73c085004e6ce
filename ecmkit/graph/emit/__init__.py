"""C for each operation of the intermediate form."""

from ecmkit.graph.emit import (
    convolution,
    elementwise,
    integer,
    learners,
    linear,
    movement,
    recurrent,
    reduction,
)
from ecmkit.graph.emit.trees import FORESTS, ForestForm, loaded
from ecmkit.graph.emit.unit import Emitter, Written, write_graph

__all__ = [
    "EMITTERS",
    "FORESTS",
    "Emitter",
    "ForestForm",
    "Written",
    "write_graph",
]

EMITTERS: dict[str, Emitter] = {
    "arg": reduction.arg,
    "cast": elementwise.cast,
    "concat": movement.concat,
    "conv": convolution.conv,
    "conv_transpose": linear.conv_transpose,
    "copy": movement.copy,
    "cumulate": reduction.cumulate,
    "dequantise": elementwise.dequantise_elements,
    "gather_elements": movement.gather_elements,
    "gather_nd": movement.gather_nd,
    "int8_add": integer.add,
    "int8_conv": integer.conv,
    "int8_dense": integer.dense,
    "int8_depthwise": integer.depthwise,
    "int8_from_real": integer.from_real,
    "int8_mean": integer.mean,
    "int8_mul": integer.mul,
    "int8_pool": integer.pool,
    "int8_softmax": integer.softmax,
    "int8_table": integer.table,
    "int8_to_real": integer.to_real,
    "map": elementwise.map_elements,
    "matmul": linear.matmul,
    "mean_squares": learners.mean_squares,
    "nearest": learners.nearest,
    "pad": movement.pad,
    "pool": linear.pool,
    "quantise": elementwise.quantise_elements,
    "recurrent": recurrent.recurrent,
    "reduce": reduction.reduce,
    "reshape": movement.reshape,
    "scatter_elements": movement.scatter_elements,
    "scatter_nd": movement.scatter_nd,
    "softmax": reduction.softmax,
    "square_distances": learners.square_distances,
    "standardise": reduction.standardise,
    "take": movement.take,
    "top_k": reduction.top_k,
    "trees": FORESTS["packed"],
    "trees_loaded": loaded,
}
"""By operation: settings are described where each is written."""
