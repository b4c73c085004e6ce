"""The monitors of a project's drift plan, calibrated on what the device will see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit import drift
from ecmkit.drift.patterns import matching
from ecmkit.errors import DataError, saying
from ecmkit.features import FeaturePlan, FeatureTable
from ecmkit.flow.context import Context
from ecmkit.flow.learn import Learnt
from ecmkit.flow.project import Project

__all__ = ["Calibrated", "calibrate_plan", "check_plan", "seen_by_the_device"]

_FILE, _NONE = "monitors.json", "none.txt"
_HOP_ERROR = 0.01


@dataclass(frozen=True, kw_only=True)
class Calibrated:
    """Monitors, or why there are none."""

    monitors: drift.Calibration | None
    """None without a plan, or without a reference that is long enough for it."""
    refusal: str = ""
    """Why a plan was left out."""


def check_plan(project: Project, plan: FeaturePlan) -> None:
    """Compare a project's drift plan with the windows that it is to watch.

    Raises
    ------
    ValueError
        If the plan has another hop than the features.
    """
    own = project.drift.plan
    if not isinstance(own, drift.DriftPlan) or own.hop_s is None:
        return
    hop_s = plan.hop_len / plan.fs_hz
    if abs(own.hop_s - hop_s) > _HOP_ERROR * hop_s:
        raise ValueError(
            f"hop_s: found {own.hop_s:g}, expected {hop_s:g}, that of the feature plan"
        )


def calibrate_plan(
    context: Context,
    learnt: Sequence[Learnt],
    reference: FeatureTable,
    *,
    title: str,
    needed: bool,
) -> Calibrated:
    """Calibrate the project's drift plan on the reference stretch.

    Parameters
    ----------
    context : Context
        The run.
    learnt : sequence of Learnt
        The models, whose outputs may be watched.
    reference : FeatureTable
        Windows of known operation.
    title : str
        For the progress display.
    needed : bool
        Whether a reference that is too short ends the run. What is known of a machine
        that has just changed may be too little for the plan: its package is then made
        without, and the progress display and the report say so.

    Returns
    -------
    Calibrated

    Raises
    ------
    DataError
        If the reference is too short for a rate, or not one state of the machine.
    """
    plan = context.project.drift.plan
    if not isinstance(plan, drift.DriftPlan):
        return Calibrated(monitors=None)

    def build(folder: Path) -> None:
        context.progress("package", f"{title}: calibrating the drift plan")
        speeds = {
            r.info.id: r.info.speed_hz
            for recordings in context.life.values()
            for r in recordings
        }
        table = seen_by_the_device(learnt, reference, speeds)
        try:
            with saying("reference stretch"):
                own = _learning(plan, reference, table)
                found = drift.calibrate(table, own, seed=context.project.seed)
        except DataError as error:
            if needed:
                raise
            context.progress("package", f"{title}: without the drift plan: {error}")
            (folder / _NONE).write_text(f"{error}\n", "utf-8")
        else:
            found.save(folder / _FILE)

    def load(folder: Path) -> Calibrated:
        if (folder / _NONE).exists():
            refusal = (folder / _NONE).read_text("utf-8").strip()
            return Calibrated(monitors=None, refusal=refusal)
        return Calibrated(monitors=drift.Calibration.load(folder / _FILE))

    return context.cache.stage(
        "monitors",
        plan,
        context.project.seed,
        reference.hash,
        [one.compiled.hash for one in learnt],
        needed,
        build=build,
        load=load,
    )


def _learning(
    plan: drift.DriftPlan, reference: FeatureTable, table: FeatureTable
) -> drift.DriftPlan:
    """Name the features that a device learns: of what models find it learns none."""
    if plan.baseline is None:
        return plan
    known = matching("baseline.features", plan.baseline.features, reference.names)
    watched = plan.watched(table.names)
    features = tuple(name for name in known if name in watched)
    if not features:
        raise ValueError(
            f"baseline.features: found {', '.join(known)}, expected one or more of the "
            f"watched {', '.join(watched)}"
        )
    return msgspec.structs.replace(
        plan, baseline=msgspec.structs.replace(plan.baseline, features=features)
    )


def seen_by_the_device(
    learnt: Sequence[Learnt], table: FeatureTable, speeds: dict[str, float]
) -> FeatureTable:
    """Add to features what the device knows beside them, under the same names.

    Parameters
    ----------
    learnt : sequence of Learnt
        Models, compiled.
    table : FeatureTable
        Features.
    speeds : dict
        Shaft speed of each recording.

    Returns
    -------
    FeatureTable
        With the outputs of all models, ``confidence`` and ``class_id`` of a classifier,
        and ``speed_hz``.
    """
    columns: dict[str, NDArray[np.float32]] = {}
    for one in learnt:
        outputs = one.compiled.predict(table.x)
        for i, name in enumerate(one.compiled.outputs):
            columns[name] = outputs[:, i]
        if one.compiled.kind == "class":
            columns["confidence"] = outputs.max(axis=1)
            columns["class_id"] = np.argmax(outputs, axis=1).astype(np.float32)
    columns["speed_hz"] = np.array(
        [speeds[str(name)] for name in table.recording], np.float32
    )
    added = {n: column for n, column in columns.items() if n not in table.names}
    return replace(
        table,
        x=np.ascontiguousarray(np.column_stack([table.x, *added.values()]), np.float32),
        names=(*table.names, *added),
        units=(*table.units, *("1" for _ in added)),
    )
