"""Feature plans: from windows to named, unit-carrying features."""

from ecmkit.features.extract import device_plan, extract, require_described
from ecmkit.features.plan import Feature, FeaturePlan, Row, load_plan, plan_names
from ecmkit.features.statistics import time_statistics
from ecmkit.features.table import FeatureTable

__all__ = [
    "Feature",
    "FeaturePlan",
    "FeatureTable",
    "Row",
    "device_plan",
    "extract",
    "load_plan",
    "plan_names",
    "require_described",
    "time_statistics",
]
