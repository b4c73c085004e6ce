"""The feature plan of a package as C constants: rows, settings, steps."""

from collections.abc import Callable

from ecmkit._core import feat
from ecmkit.features import Step, device_plan, steps_of
from ecmkit.formats import FeatureContract
from ecmkit.graph.c_writer import float_literal
from ecmkit.package.transforms import transforms_c

__all__ = ["headers_of", "plain", "plan_c"]

Lengths = dict[str, tuple[int, bool]]
"""Transforms by the name of their constant: complex elements, and whether for reals."""


def plan_c(contract: FeatureContract) -> str:
    """Write ``package_plan`` and all that it points to.

    Returns
    -------
    str
        C99; its headers are those of the steps' modules.

    Raises
    ------
    ValueError
        If the device library refuses the contract.
    """
    runner = device_plan(contract)
    lengths: Lengths = {}
    settings, steps = [], []
    for step, (_, first, count, state_at) in zip(
        steps_of(contract), runner.steps(), strict=True
    ):
        cfg = "NULL"
        if step.name in _SETTINGS:
            text, cfg = _SETTINGS[step.name](contract, lengths)
            settings.append(text)
        rows = f"&package_rows[{first}]" if count else "NULL"
        steps.append(
            f"    {{&ecm_feat_kind_{step.name}, {rows}, {count}U, {cfg}, {state_at}U}},"
        )
    return "\n".join([
        *([transforms_c(lengths)] if lengths else []),
        *filter(None, settings),
        _rows(contract),
        f"static const ecm_feat_step_t package_steps[{len(steps)}] = {{",
        *steps,
        "};\n",
        _plan(contract, runner),
    ])  # fmt: skip


def headers_of(steps: tuple[Step, ...]) -> list[str]:
    """List the lines that include what the steps are declared in."""
    return [
        f'#include "ecm_{module}.h"' for module in sorted({s.module for s in steps})
    ]


def plain(name: str) -> str:
    """Turn a name into letters, digits and underscores."""
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in name)


def _rows(contract: FeatureContract) -> str:
    rows = [
        f"    {{{number}U, 0U, {float_literal(a)}, {float_literal(b)}}}, "
        f"/* {plain(name)} */"
        for (number, a, b), name in zip(contract.features, contract.names, strict=True)
    ]
    head = f"static const ecm_feat_row_t package_rows[{len(rows)}] = {{"
    return "\n".join([head, *rows, "};\n"])


def _plan(contract: FeatureContract, runner: feat.Plan) -> str:
    lo_hz, hi_hz = map(float_literal, runner.speed_hz)
    return "\n".join([
        "static const ecm_feat_plan_t package_plan = {",
        f"    .fs_hz = {float_literal(contract.fs_hz)},",
        f"    .window_len = {contract.window_len}U,",
        f"    .hop_len = {contract.hop_len}U,",
        "    .detrend = ECM_FEAT_DETREND_MEAN,",
        f"    .speed_lo_hz = {lo_hz},",
        f"    .speed_hi_hz = {hi_hz},",
        "    .steps = package_steps,",
        f"    .steps_len = {len(runner.steps())}U,",
        f"    .features_len = {runner.n_features}U,",
        f"    .work_len = {runner.work_len}U,",
        f"    .state_len = {runner.state_len}U,",
        "};\n",
    ])  # fmt: skip


def _transform(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    lengths["package_fft"] = (contract.window_len // 2, True)
    return "", "&package_fft"


def _envelope(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    lo, hi = contract.envelope_hz
    length = feat.envelope_len(contract.fs_hz, contract.window_len, lo, hi)
    lengths["package_env_c2c"] = (length, False)
    lengths["package_env_r2c"] = (length // 2, True)
    text = (
        "static const ecm_feat_envelope_cfg_t package_envelope = {\n"
        f"    .lo_hz = {float_literal(lo)},\n    .hi_hz = {float_literal(hi)},\n"
        "    .c2c = &package_env_c2c,\n    .r2c = &package_env_r2c,\n};\n"
    )
    return text, "&package_envelope"


_SETTINGS: dict[str, Callable[[FeatureContract, Lengths], tuple[str, str]]] = {
    "transform": _transform,
    "envelope": _envelope,
}
"""Text and address of a step's settings; the transforms that it adds."""
