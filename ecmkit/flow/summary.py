"""What was recorded, in words and a table: for the report and for model cards."""

from collections import defaultdict

import numpy as np

from ecmkit import data
from ecmkit.features import FeaturePlan
from ecmkit.flow.context import Context
from ecmkit.flow.records import ClassRow, DataSummary

__all__ = ["summarise"]


def summarise(context: Context, dropped: tuple[str, ...]) -> DataSummary:
    """Say what was recorded.

    Parameters
    ----------
    context : Context
        The run.
    dropped : tuple of str
        Recordings that the quality check left out, with the reason.
    """
    train, table = context.life["train"], context.tables["train"]
    groups: dict[str, list[data.Recording]] = defaultdict(list)
    for recording in train:
        groups[recording.info.label].append(recording)
    rows = []
    for label, own in sorted(groups.items(), key=lambda g: (g[0] != "normal", g[0])):
        sizes = sorted({r.info.fault_size for r in own if r.info.fault_size})
        rows.append(
            ClassRow(
                label=label,
                sizes=", ".join(f"{size:g}" for size in sizes) or "none",
                recordings=len(own),
                windows=int(np.count_nonzero(table.label == label)),
                seconds=sum(r.x.shape[1] / r.info.fs_hz for r in own),
            )
        )
    others = ", ".join(
        f"{len(context.life[name])} {name}" for name in ("reference", "before", "after")
    )
    plan = context.plan
    return DataSummary(
        sentence=(
            f"{len(train)} recordings to learn from; besides, by stretch of life: "
            f"{others}. {_channels(plan.all_channels)} in {_units(plan)} at "
            f"{plan.fs_hz:g} Hz, "
            f"windows of {plan.window_len} samples every {plan.hop_len}, "
            f"{len(plan.rows)} features."
        ),
        classes=tuple(rows),
        dropped=dropped,
    )


def _channels(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return f"Channel {names[0]}"
    return f"Channels {', '.join(names[:-1])} and {names[-1]}"


def _units(plan: FeaturePlan) -> str:
    """Units of the channels: one, or in the order of the channels."""
    units = [plan.unit_of(channel) for channel in plan.all_channels]
    return units[0] if len(set(units)) == 1 else ", ".join(units)
