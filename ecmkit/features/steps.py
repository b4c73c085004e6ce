"""From a contract to the steps that compute its features, as the C table has them."""

from dataclasses import dataclass

from ecmkit._core import feat
from ecmkit.formats import FeatureContract

__all__ = ["Step", "device_plan", "settings_of", "steps_of"]

_SPEED_HZ = (1e-3, 1e6)
"""Shaft speeds of a plan that needs one."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a plan."""

    name: str
    """As in ``ECM_FEAT_STEP_TABLE``."""
    module: str
    """File of ``csrc`` that has it."""
    first: int
    """First of its features in the contract."""
    count: int
    """Number of its features."""


def steps_of(contract: FeatureContract) -> tuple[Step, ...]:
    """List the steps of a contract in the order in which they run.

    Those that others need are among them, with rows or without, and so is what takes
    the mean off a window.

    Raises
    ------
    ValueError
        If a feature is unknown, or the features are not in the order of the steps.
    """
    step_by_id = {row[0]: row[3] for row in feat.table()}
    unknown = [row[0] for row in contract.features if row[0] not in step_by_id]
    if unknown:
        raise ValueError(f"contract has features of unknown id {unknown}")
    table = feat.step_table()
    order = [name for name, *_ in table]
    used = [step_by_id[row[0]] for row in contract.features]
    if used != sorted(used, key=order.index):
        raise ValueError(
            f"features of the contract are not in the order {', '.join(order)}"
        )
    wanted = set(used) | ({"mean"} if "time" not in used else set())
    for name, _, needs, _ in reversed(table):
        if name in wanted:
            wanted |= set(needs)
    steps, first = [], 0
    for name, module, _, _ in table:
        if name in wanted:
            count = used.count(name)
            steps.append(Step(name=name, module=module, first=first, count=count))
            first += count
    return tuple(steps)


def settings_of(step: Step, contract: FeatureContract) -> feat.Settings | None:
    """Make the settings of a step; None for one that has none."""
    if step.name == "transform":
        return feat.Transform(contract.window_len)
    if step.name == "envelope":
        lo, hi = contract.envelope_hz
        length = feat.envelope_len(contract.fs_hz, contract.window_len, lo, hi)
        if not length:
            raise ValueError(
                f"envelope_hz: found {lo:g} ... {hi:g} Hz, expected a band with a bin"
            )
        return feat.Envelope(lo, hi, length)
    return None


def device_plan(contract: FeatureContract) -> feat.Plan:
    """Describe a contract to the C code, as a package does on a device.

    Raises
    ------
    ValueError
        If the device library refuses it.
    """
    steps = []
    for step in steps_of(contract):
        rows = [
            (number, 0, a, b)
            for number, a, b in contract.features[step.first : step.first + step.count]
        ]
        steps.append((step.name, rows, settings_of(step, contract)))
    return feat.Plan(
        contract.fs_hz,
        contract.window_len,
        contract.hop_len,
        feat.DETREND["mean"],
        _SPEED_HZ if contract.needs_speed else (0.0, 0.0),
        steps,
    )
