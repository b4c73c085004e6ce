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

__all__ = [
    "Change",
    "Cusum",
    "Ewma",
    "FeatureDrift",
    "PageHinkley",
    "Reference",
    "ScaleCusum",
    "ScoreWatch",
    "adjust",
    "chi2",
    "compare",
    "correlation_time",
    "count_bins",
    "cusum_arl",
    "cusum_limit",
    "ks",
    "parse_rate",
    "psi",
    "reference_bins",
    "wasserstein",
    "watch_score",
]
