"""Changes of a graph that keep what it computes, one in each module."""

from ecmkit.graph.transform.forests import forests_apart, integer_features
from ecmkit.graph.transform.recurrent_state import keep_state

__all__ = ["forests_apart", "integer_features", "keep_state"]
