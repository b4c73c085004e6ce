"""From signals to named, unit-carrying features: conditioning, plans, tables."""

from ecmkit.features.conditioning import (
    apply_filter,
    detrend,
    differentiate,
    fir_decimate,
    integrate,
    integrate_spectrum,
    unit_change,
)
from ecmkit.features.envelope import (
    EnvelopeDesign,
    EnvelopeSettings,
    EnvelopeSpectra,
    envelope_spectra,
    require_turns,
)
from ecmkit.features.extract import extract, require_described, require_speed
from ecmkit.features.filters import FilterDesign, Sections, integrator
from ecmkit.features.maps import FeatureMap, feature_map
from ecmkit.features.parts import (
    PlanEnvelope,
    PlanFilter,
    PlanVelocity,
    Scaler,
    fit_scaler,
)
from ecmkit.features.plan import FeaturePlan, load_plan, plan_names
from ecmkit.features.reduction import PrincipalComponents, fit_pca
from ecmkit.features.rows import Feature, Row
from ecmkit.features.selection import Selection, select, selection_methods
from ecmkit.features.statistics import time_statistics
from ecmkit.features.steps import (
    Step,
    device_plan,
    device_plans,
    rows_of,
    steps_of,
    warm_len,
)
from ecmkit.features.storage import (
    TableWriter,
    load_features,
    save_features,
    table_writer,
)
from ecmkit.features.stream import Stream
from ecmkit.features.table import FeatureTable
from ecmkit.features.tapers import Taper, taper_windows
from ecmkit.features.transforms import (
    RealTransform,
    instruction_sets,
    power_spectrum,
    rfft,
)
from ecmkit.features.velocity import (
    VelocityDesign,
    VelocityReadings,
    VelocitySettings,
    velocity_rms,
)

__all__ = [
    "EnvelopeDesign",
    "EnvelopeSettings",
    "EnvelopeSpectra",
    "Feature",
    "FeatureMap",
    "FeaturePlan",
    "FeatureTable",
    "FilterDesign",
    "PlanEnvelope",
    "PlanFilter",
    "PlanVelocity",
    "PrincipalComponents",
    "RealTransform",
    "Row",
    "Scaler",
    "Sections",
    "Selection",
    "Step",
    "Stream",
    "TableWriter",
    "Taper",
    "VelocityDesign",
    "VelocityReadings",
    "VelocitySettings",
    "apply_filter",
    "detrend",
    "device_plan",
    "device_plans",
    "differentiate",
    "envelope_spectra",
    "extract",
    "feature_map",
    "fir_decimate",
    "fit_pca",
    "fit_scaler",
    "instruction_sets",
    "integrate",
    "integrate_spectrum",
    "integrator",
    "load_features",
    "load_plan",
    "plan_names",
    "power_spectrum",
    "require_described",
    "require_speed",
    "require_turns",
    "rfft",
    "rows_of",
    "save_features",
    "select",
    "selection_methods",
    "steps_of",
    "table_writer",
    "taper_windows",
    "time_statistics",
    "unit_change",
    "velocity_rms",
    "warm_len",
]
