"""Candidates by score and by what they cost on the device."""

from ecmkit.search.candidate import Candidate, Problem, score_of
from ecmkit.search.cost_model import CostModel
from ecmkit.search.front import Confirmed, SearchReport, confirm, report_of
from ecmkit.search.picture import draw_front
from ecmkit.search.settings import Limits, SearchSettings
from ecmkit.search.spaces import SPACES, Axis, RandomChooser, chosen, space_of
from ecmkit.search.study import Study, Trial

__all__ = [
    "SPACES",
    "Axis",
    "Candidate",
    "Confirmed",
    "CostModel",
    "Limits",
    "Problem",
    "RandomChooser",
    "SearchReport",
    "SearchSettings",
    "Study",
    "Trial",
    "chosen",
    "confirm",
    "draw_front",
    "report_of",
    "score_of",
    "space_of",
]
