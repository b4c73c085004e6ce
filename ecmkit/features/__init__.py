"""From signals to named, unit-carrying features: conditioning, plans, tables."""

from ecmkit.features.alarms import AlarmLevels, BandAlarm, band_alarms
from ecmkit.features.angular import (
    AngularSignal,
    OrderSpectrum,
    ShaftEdges,
    angular_resample,
    order_spectrum,
    shaft_edges,
    shaft_run,
    synchronous_average,
)
from ecmkit.features.cepstra import cepstra, cepstral_peaks
from ecmkit.features.conditioning import (
    apply_filter,
    detrend,
    differentiate,
    fir_decimate,
    integrate,
    integrate_spectrum,
)
from ecmkit.features.envelope import (
    EnvelopeDesign,
    EnvelopeSettings,
    EnvelopeSpectra,
    envelope_spectra,
    require_turns,
)
from ecmkit.features.extract import extract, require_described, require_speed
from ecmkit.features.files import extract_files
from ecmkit.features.filters import FilterDesign, Sections, integrator
from ecmkit.features.integers import codes_of, units_of
from ecmkit.features.kurtogram import (
    Kurtogram,
    KurtogramBand,
    choose_band,
    kurtogram,
    spectral_kurtosis,
)
from ecmkit.features.lines import (
    Harmonics,
    Lines,
    Sidebands,
    SpeedEstimate,
    harmonics,
    lines_near,
    peaks,
    sidebands,
    slip_frequency_hz,
    speed_estimate,
)
from ecmkit.features.maps import FeatureMap, feature_map
from ecmkit.features.mel import MelBank, MelTables, log_mel, mfcc
from ecmkit.features.parts import (
    PlanEnvelope,
    PlanFilter,
    PlanLines,
    PlanMel,
    PlanSensor,
    PlanVelocity,
    Scaler,
    fit_scaler,
)
from ecmkit.features.plan import FeaturePlan, load_plan, plan_names
from ecmkit.features.reduction import PrincipalComponents, fit_pca
from ecmkit.features.rows import Feature, Row
from ecmkit.features.selection import Selection, select, selection_methods
from ecmkit.features.severity import (
    Severity,
    ZoneTable,
    load_zones,
    velocity_severity,
    zone_tables,
)
from ecmkit.features.shapes import band_power, spectral_shape
from ecmkit.features.spectra import Spectra, power_spectra, welch
from ecmkit.features.speed import PlanTacho
from ecmkit.features.statistics import time_statistics
from ecmkit.features.steps import (
    DevicePlan,
    Runner,
    Step,
    channel_steps,
    device_plan,
    device_plans,
    integer_steps,
    rows_of,
    runner,
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
from ecmkit.features.tracking import PlanTracking
from ecmkit.features.transforms import (
    RealTransform,
    instruction_sets,
    power_spectrum,
    rfft,
)
from ecmkit.features.units import UNITS, unit_change
from ecmkit.features.velocity import (
    VelocityDesign,
    VelocityIntegers,
    VelocityReadings,
    VelocitySettings,
    velocity_rms,
)

__all__ = [
    "UNITS",
    "AlarmLevels",
    "AngularSignal",
    "BandAlarm",
    "DevicePlan",
    "EnvelopeDesign",
    "EnvelopeSettings",
    "EnvelopeSpectra",
    "Feature",
    "FeatureMap",
    "FeaturePlan",
    "FeatureTable",
    "FilterDesign",
    "Harmonics",
    "Kurtogram",
    "KurtogramBand",
    "Lines",
    "MelBank",
    "MelTables",
    "OrderSpectrum",
    "PlanEnvelope",
    "PlanFilter",
    "PlanLines",
    "PlanMel",
    "PlanSensor",
    "PlanTacho",
    "PlanTracking",
    "PlanVelocity",
    "PrincipalComponents",
    "RealTransform",
    "Row",
    "Runner",
    "Scaler",
    "Sections",
    "Selection",
    "Severity",
    "ShaftEdges",
    "Sidebands",
    "Spectra",
    "SpeedEstimate",
    "Step",
    "Stream",
    "TableWriter",
    "Taper",
    "VelocityDesign",
    "VelocityIntegers",
    "VelocityReadings",
    "VelocitySettings",
    "ZoneTable",
    "angular_resample",
    "apply_filter",
    "band_alarms",
    "band_power",
    "cepstra",
    "cepstral_peaks",
    "channel_steps",
    "choose_band",
    "codes_of",
    "detrend",
    "device_plan",
    "device_plans",
    "differentiate",
    "envelope_spectra",
    "extract",
    "extract_files",
    "feature_map",
    "fir_decimate",
    "fit_pca",
    "fit_scaler",
    "harmonics",
    "instruction_sets",
    "integer_steps",
    "integrate",
    "integrate_spectrum",
    "integrator",
    "kurtogram",
    "lines_near",
    "load_features",
    "load_plan",
    "load_zones",
    "log_mel",
    "mfcc",
    "order_spectrum",
    "peaks",
    "plan_names",
    "power_spectra",
    "power_spectrum",
    "require_described",
    "require_speed",
    "require_turns",
    "rfft",
    "rows_of",
    "runner",
    "save_features",
    "select",
    "selection_methods",
    "shaft_edges",
    "shaft_run",
    "sidebands",
    "slip_frequency_hz",
    "spectral_kurtosis",
    "spectral_shape",
    "speed_estimate",
    "steps_of",
    "synchronous_average",
    "table_writer",
    "taper_windows",
    "time_statistics",
    "unit_change",
    "units_of",
    "velocity_rms",
    "velocity_severity",
    "warm_len",
    "welch",
    "zone_tables",
]
