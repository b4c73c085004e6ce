"""What a project asks for, held against plan, families and recordings before any work.

A mistake in a project file must be named with its file and field, and at once: not
after minutes of training, and not by the room that happens to stumble over it.
"""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from importlib.util import find_spec
from inspect import Parameter, signature
from typing import Any, get_type_hints

import msgspec

from ecmkit import bench, data, drift, features, formats, package, registry, train
from ecmkit.drift.plan import DriftPlan
from ecmkit.drift.reference import WINDOWS_MIN
from ecmkit.drift.runlength import reference_needed
from ecmkit.errors import INSTALL, DataError, FormatError, MissingError, saying
from ecmkit.features import FeaturePlan
from ecmkit.flow import calibration, judge, monitors
from ecmkit.flow.project import Model, Project
from ecmkit.formats import nearest
from ecmkit.graph.host import host_compiler
from ecmkit.package import CLASSES_MAX
from ecmkit.targets import Target

__all__ = ["check_machine", "check_recordings", "check_settings"]

_GIVEN = ("name", "seed")
"""Options of a family that the flow gives itself."""
_PACKAGES = ("elftools", "jinja2", "matplotlib", "mlflow", "onnx")
"""Optional packages that the loop itself needs; families have others of their own."""


def check_settings(project: Project, where: str, plan: FeaturePlan) -> None:
    """Check families, their options, patterns of features and the rate of alarms.

    Parameters
    ----------
    project : Project
        What is asked for.
    where : str
        Name of the project file.
    plan : FeaturePlan
        Whose features the models read.

    Raises
    ------
    FormatError
        Naming file, field, found and expected.
    """
    names = plan.contract().names
    _require_known([project.tracker], registry.trackers(), f"{where}: `tracker`")
    for name in project.train.models:
        model, table = getattr(project.train, name), f"{where}: `train.{name}"
        _require_known([model.family], train.families(), f"{table}.family`")
        _check_options(model, f"{table}.options`")
        calibration.check(name, model, f"{table}.calibrate`")
        for pattern in model.features:
            if not any(fnmatchcase(feature, pattern) for feature in names):
                raise FormatError(
                    f"{table}.features`: found {pattern!r}, expected a pattern that "
                    f"matches one of {', '.join(names)}"
                )
    with saying(f"{where}: `drift.false_alarms`"):
        _arl0(project, plan)
    with saying(f"{where}: `drift.plan`"):
        monitors.check_plan(project, plan)
    contract = plan.contract()
    with saying(where):
        project.queue.check(contract)
        own = project.drift.plan
        baseline = own.baseline if isinstance(own, DriftPlan) else None
        if project.package.node is not None:
            project.package.node.check(contract, baseline=baseline)
        elif baseline is not None:
            raise ValueError(
                "`package.device`: found none, expected a device that learns, as "
                "monitors of the drift plan count from a baseline"
            )
    _require_known(
        project.sensor.channels, contract.channels, f"{where}: `sensor.channels`",
        FormatError,
    )  # fmt: skip
    if project.sensor.learn and contract.profile != "f32":
        raise FormatError(
            f"{where}: `sensor.learn`: found true, expected false in the profile "
            f"{contract.profile}"
        )


def check_machine(
    targets: Iterable[Target], *, runner: str = "auto", connect: str = ""
) -> None:
    """Look for compilers, runners and packages that every run needs.

    Parameters
    ----------
    targets : iterable of Target
        What packages are built for.
    runner : str
        What is to run them.
    connect : str
        Where a board is reached.

    Raises
    ------
    ValueError
        If `connect` is not for the runner.
    MissingError
        Naming what this machine lacks, and how to install it.
    """
    for name in _PACKAGES:
        if find_spec(name) is None:
            raise MissingError(f"no Python package {name!r}: {INSTALL}")
    host_compiler()
    for target in targets:
        package.find_compiler(target)
        bench.choose_runner(target, runner, connect)


def check_recordings(
    project: Project, where: str, plan: FeaturePlan, life: Mapping[str, data.Dataset]
) -> None:
    """Check channels, rates, labels, groups and the length of the reference.

    Parameters
    ----------
    project : Project
        What is asked for.
    where : str
        Name of the project file.
    plan : FeaturePlan
        Says how long a window is.
    life : mapping of str to Dataset
        Recordings of each stretch, those that the quality check kept.

    Raises
    ------
    DataError
        Naming file, field or stretch, found and expected.
    """
    contract = plan.contract()
    for stretch, recordings in life.items():
        with saying(f"{where}: {stretch} stretch"):
            for recording in recordings:
                features.require_described(recording, contract)
    there = {recording.info.label for recording in life["train"]}
    for name in project.train.models:
        wanted = getattr(project.train, name).labels
        _require_known(wanted, there, f"{where}: `train.{name}.labels`", DataError)
    classes = sorted(set(project.train.classifier.labels) or there)
    if not 2 <= len(classes) <= CLASSES_MAX:
        raise DataError(
            f"{where}: train stretch: label: found {len(classes)} "
            f"({', '.join(classes)}), expected 2 to {CLASSES_MAX} for the classifier"
        )
    with saying(f"{where}: `split.by`"):
        judge.protocol_splits(life["train"], project)
    _check_reference(project, where, plan, life["reference"])


def _check_reference(
    project: Project, where: str, plan: FeaturePlan, reference: data.Dataset
) -> None:
    """Count windows: no limit follows from fewer, however alike they are."""
    wanted = project.drift.labels
    there = {recording.info.label for recording in reference}
    _require_known(wanted, there, f"{where}: `drift.labels`", DataError)
    found = sum(
        data.n_windows(r.x.shape[1], length=plan.span_len, hop=plan.hop_len)
        for r in reference
        if not wanted or r.info.label in wanted
    )
    needed = reference_needed(project.drift.k, _arl0(project, plan))
    expected = max(WINDOWS_MIN * project.drift.bins, needed)
    if found < expected:
        rate = project.drift.false_alarms
        raise DataError(
            f"{where}: reference stretch: found {found} windows of "
            f"{', '.join(wanted) or 'all classes'}, expected {expected} or more for "
            f"`drift.false_alarms` = {rate!r}"
        )


def _arl0(project: Project, plan: FeaturePlan) -> float:
    return drift.parse_rate(
        project.drift.false_alarms, seconds_per_window=plan.hop_len / plan.fs_hz
    )


def _require_known(
    wanted: Iterable[str],
    known: Iterable[str],
    field: str,
    kind: type[DataError] | type[FormatError] = FormatError,
) -> None:
    names = sorted(known)
    for value in wanted:
        if value not in names:
            hint = nearest(value, names)
            raise kind(
                f"{field}: found {value!r}, expected one of {', '.join(names)}{hint}"
            )


def _check_options(model: Model, field: str) -> None:
    """Hold options against the parameters of the family's function and their types."""
    function = train.function_of(model.family)
    parameters = signature(function).parameters.values()
    if any(p.kind is Parameter.VAR_KEYWORD for p in parameters):
        known = train.options_of(model.family)
        if known is not None:
            _require_known(model.options, known - set(_GIVEN), field)
        return
    hints = get_type_hints(function)
    # What an option is if it is left out is the family's business: None stands for it.
    fields: list[tuple[str, Any, Any]] = [
        (p.name, hints.get(p.name, Any), None)
        for p in parameters
        if p.kind is Parameter.KEYWORD_ONLY and p.name not in _GIVEN
    ]
    options = msgspec.defstruct("Options", fields, forbid_unknown_fields=True)
    formats.convert(model.options, options, where=field)
