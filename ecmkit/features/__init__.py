"""Feature plans: from windows to named, unit-carrying features."""

from ecmkit.features.extract import device_plan, extract, require_described
from ecmkit.features.plan import Feature, FeaturePlan, Row, load_plan, plan_names
from ecmkit.features.table import FeatureTable
from ecmkit.features.transforms import (
    RealTransform,
    instruction_sets,
    power_spectrum,
    rfft,
)

__all__ = [
    "Feature",
    "FeaturePlan",
    "FeatureTable",
    "RealTransform",
    "Row",
    "device_plan",
    "extract",
    "instruction_sets",
    "load_plan",
    "plan_names",
    "power_spectrum",
    "require_described",
    "rfft",
]
