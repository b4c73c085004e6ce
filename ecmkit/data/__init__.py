"""Recordings: read, check, clean, window, split, simulate."""

from ecmkit.data.bearing import BearingGeometry, Orders
from ecmkit.data.load import load, scan
from ecmkit.data.quality import (
    Expectations,
    QualityReport,
    RecordingQuality,
    check,
    clean,
)
from ecmkit.data.readers import Source
from ecmkit.data.recording import ChannelInfo, Dataset, Recording, RecordingInfo
from ecmkit.data.resample import decimate
from ecmkit.data.select import Selection
from ecmkit.data.simulate import Mount, Resonance, Scenario, SimulatorConfig, simulate
from ecmkit.data.splits import Split, leave_one_out, require_no_leak, split
from ecmkit.data.windows import n_windows, starts, window

__all__ = [
    "BearingGeometry",
    "ChannelInfo",
    "Dataset",
    "Expectations",
    "Mount",
    "Orders",
    "QualityReport",
    "Recording",
    "RecordingInfo",
    "RecordingQuality",
    "Resonance",
    "Scenario",
    "Selection",
    "SimulatorConfig",
    "Source",
    "Split",
    "check",
    "clean",
    "decimate",
    "leave_one_out",
    "load",
    "n_windows",
    "require_no_leak",
    "scan",
    "simulate",
    "split",
    "starts",
    "window",
]
