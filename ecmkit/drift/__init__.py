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
from ecmkit.drift.binned import BinnedDistribution, Distances
from ecmkit.drift.calibrate import calibrate
from ecmkit.drift.calibration import (
    Alarm,
    Calibration,
    ClassMonitor,
    Monitor,
    TogetherMonitor,
)
from ecmkit.drift.detectors import Change, Cusum, Ewma, PageHinkley, ScaleCusum
from ecmkit.drift.losses import Ddm, Eddm, HddmA, HddmW
from ecmkit.drift.plan import DriftPlan, PlanDetector, load_drift_plan
from ecmkit.drift.plan_parts import (
    Baseline,
    Bound,
    ClassMix,
    Persistence,
    Regimes,
    Together,
)
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
from ecmkit.drift.sample_sketches import Kll, Reservoir
from ecmkit.drift.samples import (
    SampleDrift,
    compare_counts,
    compare_samples,
    jensenshannon,
)
from ecmkit.drift.scores import FeatureScore, fit_score
from ecmkit.drift.sensor import SensorHealth
from ecmkit.drift.sensor_checks import SensorChecks, learn_checks
from ecmkit.drift.sketches import P2, LogHistogram, Moments, TopK
from ecmkit.drift.tables import Tables, tables_of
from ecmkit.drift.together import t2_arl, t2_limit
from ecmkit.drift.watch import watch_score
from ecmkit.drift.windows import Adwin, EDetector, HotellingT2

__all__ = [
    "P2",
    "Adwin",
    "Alarm",
    "Baseline",
    "BinnedDistribution",
    "Bound",
    "Calibration",
    "Change",
    "ClassMix",
    "ClassMonitor",
    "Cusum",
    "Ddm",
    "Distances",
    "DriftPlan",
    "EDetector",
    "Eddm",
    "Ewma",
    "FeatureDrift",
    "FeatureScore",
    "HddmA",
    "HddmW",
    "HotellingT2",
    "Kll",
    "LogHistogram",
    "Moments",
    "Monitor",
    "PageHinkley",
    "Persistence",
    "PlanDetector",
    "Reference",
    "Regimes",
    "Reservoir",
    "SampleDrift",
    "ScaleCusum",
    "ScoreDistribution",
    "ScoreWatch",
    "SensorChecks",
    "SensorHealth",
    "Tables",
    "Together",
    "TogetherMonitor",
    "TopK",
    "adjust",
    "calibrate",
    "chi2",
    "compare",
    "compare_counts",
    "compare_samples",
    "correlation_time",
    "count_bins",
    "cusum_arl",
    "cusum_limit",
    "ewma_arl",
    "ewma_limit",
    "fit_score",
    "jensenshannon",
    "ks",
    "learn_checks",
    "load_drift_plan",
    "pair_arl",
    "pair_limit",
    "parse_rate",
    "psi",
    "reference_bins",
    "scale_cusum_arl",
    "scale_cusum_limit",
    "t2_arl",
    "t2_limit",
    "tables_of",
    "wasserstein",
    "watch_score",
]
