"""Change: streaming limits from a stated rate of false alarms, and batch tests."""

from ecmkit.drift.batch import (
    FeatureDrift,
    adjust,
    chi2,
    compare,
    ks,
    psi,
    wasserstein,
)
from ecmkit.drift.calibrate import watch_score
from ecmkit.drift.detectors import Change, Cusum, Ewma, PageHinkley, ScaleCusum
from ecmkit.drift.rates import parse_rate
from ecmkit.drift.records import Reference, ScoreWatch
from ecmkit.drift.reference import correlation_time, count_bins, reference_bins
from ecmkit.drift.runlength import cusum_arl, cusum_limit
from ecmkit.drift.runlength_ewma import ewma_arl, ewma_limit
from ecmkit.drift.runlength_scale import (
    pair_arl,
    pair_limit,
    scale_cusum_arl,
    scale_cusum_limit,
)
from ecmkit.drift.runlength_scores import ScoreDistribution

__all__ = [
    "Change",
    "Cusum",
    "Ewma",
    "FeatureDrift",
    "PageHinkley",
    "Reference",
    "ScaleCusum",
    "ScoreDistribution",
    "ScoreWatch",
    "adjust",
    "chi2",
    "compare",
    "correlation_time",
    "count_bins",
    "cusum_arl",
    "cusum_limit",
    "ewma_arl",
    "ewma_limit",
    "ks",
    "pair_arl",
    "pair_limit",
    "parse_rate",
    "psi",
    "reference_bins",
    "scale_cusum_arl",
    "scale_cusum_limit",
    "wasserstein",
    "watch_score",
]
