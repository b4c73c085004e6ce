"""The fleet side: telemetry and snapshots in, store, drift report."""

from ecmkit.monitor.commands import (
    CommandAnswer,
    WrittenCommand,
    answers_among,
    answers_of,
    next_number,
    write_command,
)
from ecmkit.monitor.report import render_html, write_html
from ecmkit.monitor.shadow import (
    ShadowFleet,
    ShadowSummary,
    shadow_fleet,
    shadow_of,
)
from ecmkit.monitor.snapshots import (
    PartialSnapshot,
    Snapshots,
    collect_snapshots,
)
from ecmkit.monitor.store import Store
from ecmkit.monitor.telemetry import Losses, Telemetry, frames_of, ingest
from ecmkit.monitor.watch import (
    AlarmSummary,
    ClassMix,
    DriftReport,
    HealthSummary,
    watch,
)

__all__ = [
    "AlarmSummary",
    "ClassMix",
    "CommandAnswer",
    "DriftReport",
    "HealthSummary",
    "Losses",
    "PartialSnapshot",
    "ShadowFleet",
    "ShadowSummary",
    "Snapshots",
    "Store",
    "Telemetry",
    "WrittenCommand",
    "answers_among",
    "answers_of",
    "collect_snapshots",
    "frames_of",
    "ingest",
    "next_number",
    "render_html",
    "shadow_fleet",
    "shadow_of",
    "watch",
    "write_command",
    "write_html",
]
