"""Changes of a graph that keep what it computes, one in each module."""

from ecmkit.graph.ir import Graph
from ecmkit.graph.transform.absorb_transposes import absorb_transposes
from ecmkit.graph.transform.calibrated import ScoreUnit, calibrated
from ecmkit.graph.transform.equalise import equalise
from ecmkit.graph.transform.fold_affine import fold_affine
from ecmkit.graph.transform.fold_constants import fold_constants
from ecmkit.graph.transform.fold_squares import fold_squares
from ecmkit.graph.transform.forests import (
    coded_features,
    codes_of,
    forests_apart,
    integer_features,
)
from ecmkit.graph.transform.fuse_functions import fuse_functions
from ecmkit.graph.transform.fuse_pools import fuse_pools
from ecmkit.graph.transform.keep_outputs import keep_outputs
from ecmkit.graph.transform.merge_pads import merge_pads
from ecmkit.graph.transform.recurrent_state import keep_state
from ecmkit.graph.transform.streaming import Streamed, streaming
from ecmkit.graph.transform.unshare import unshare

__all__ = [
    "ScoreUnit",
    "Streamed",
    "absorb_transposes",
    "calibrated",
    "coded_features",
    "codes_of",
    "equalise",
    "fold_affine",
    "fold_constants",
    "fold_squares",
    "forests_apart",
    "fuse_functions",
    "fuse_pools",
    "integer_features",
    "keep_outputs",
    "keep_state",
    "layers_merged",
    "merge_pads",
    "simplified",
    "streaming",
    "unshare",
]


def layers_merged(graph: Graph) -> Graph:
    """Merge what stands around layers into them, as int8 layers need it."""
    return absorb_transposes(fold_affine(merge_pads(fold_constants(graph))))


def simplified(graph: Graph) -> Graph:
    """Do all that makes a graph quicker and smaller, as `compile_graph` does first."""
    return fuse_pools(fuse_functions(fold_squares(layers_merged(graph))))
