"""A plan of the integer profile as C constants."""

from collections.abc import Mapping

import msgspec

from ecmkit.features import device_plan, integer_steps, rows_of
from ecmkit.features.integers import bin_width, integer_rows
from ecmkit.formats import FeatureContract

__all__ = ["integer_plan_c"]


def integer_plan_c(contract: FeatureContract, channel: int, name: str) -> str:
    """Write an ``ecm_feat_q15_plan_t`` and all that it points to.

    Parameters
    ----------
    contract : FeatureContract
        Of the profile q15.
    channel : int
        Place of the channel.
    name : str
        Of the constant; others begin with it.

    Returns
    -------
    str
        C99; its headers are those of the steps' modules.

    Raises
    ------
    ValueError
        If the device library refuses the contract.
    """
    plan = device_plan(contract, channel)
    own, settings, rows, steps = rows_of(contract, channel), [], [], []
    for step, (_, first, count, state_at) in zip(
        integer_steps(contract, channel), plan.steps(), strict=True
    ):
        text, cfg = _settings(contract, step.name, name)
        settings += text
        rows += [
            f"    {{{', '.join(f'{value}U' for value in row)}}},"
            for row in integer_rows(contract, step.name, own[first : first + count])
        ]
        at = f"&{name}_rows[{first}]" if count else "NULL"
        kind = f"&ecm_feat_q15_kind_{step.name}"
        steps.append(f"    {{{kind}, {at}, {count}U, {state_at}U, {cfg}}},")
    return "\n".join([
        *settings,
        *_array("ecm_feat_q15_row_t", f"{name}_rows", rows),
        *_array("ecm_feat_q15_step_t", f"{name}_steps", steps),
        _struct("ecm_feat_q15_plan_t", name, {
            "steps": f"{name}_steps",
            "steps_len": f"{len(steps)}U",
            "window_len": f"{contract.window_len}U",
            "hop_len": f"{contract.hop_len}U",
            "features_len": f"{plan.n_features}U",
            "state_len": f"{plan.state_len}U",
        }),
    ])  # fmt: skip


def _settings(contract: FeatureContract, step: str, name: str) -> tuple[list[str], str]:
    """Text and address of a step's settings."""
    if step == "velocity" and contract.velocity_q15 is not None:
        fields = {
            field: f"{value}U" if field in _UNSIGNED else str(value)
            for field, value in msgspec.structs.asdict(contract.velocity_q15).items()
        }
        made = _struct("ecm_velocity_q15_cfg_t", f"{name}_velocity", fields)
        return [made], f"&{name}_velocity"
    if step == "transform":
        return [], f"&ecm_fft_q15_plan_{contract.window_len}"
    if step == "moments":
        value = f"static const uint32_t {name}_bin_hz = {bin_width(contract)}U;\n"
        return [value], f"&{name}_bin_hz"
    return [], "NULL"


_UNSIGNED = ("gain", "settle_len", "block_len")


def _array(kind: str, name: str, rows: list[str]) -> list[str]:
    return [f"static const {kind} {name}[{len(rows)}] = {{", *rows, "};\n"]


def _struct(kind: str, name: str, fields: Mapping[str, str]) -> str:
    lines = [f"    .{field} = {value}," for field, value in fields.items()]
    return "\n".join([f"static const {kind} {name} = {{", *lines, "};\n"])
