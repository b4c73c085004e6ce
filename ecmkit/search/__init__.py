"""Candidates by score and by what they cost on the device."""

from ecmkit.search.cost_model import CostModel

__all__ = ["CostModel"]
