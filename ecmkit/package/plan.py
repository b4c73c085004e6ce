"""The feature plan of a package as C constants: rows, settings, steps."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from ecmkit.features import DevicePlan, Step, device_plan, steps_of
from ecmkit.features.parts import mel_bank
from ecmkit.features.steps import keeps_bins, mel_scale
from ecmkit.formats import EnvelopeStep, FeatureContract
from ecmkit.graph.c_writer import float_literal
from ecmkit.package.mel import mel_bank_c
from ecmkit.package.transforms import table_c, transforms_c

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
        f"    {{{number}U, {n}U, {float_literal(a)}, {float_literal(b)}}}, "
        f"/* {plain(name)} */"
        for (_, number, n, a, b), name in zip(
            contract.features, contract.names, strict=True
        )
    ]
    head = f"static const ecm_feat_row_t package_rows[{len(rows)}] = {{"
    return "\n".join([head, *rows, "};\n"])


def _plan(contract: FeatureContract, runner: DevicePlan) -> str:
    return _struct("ecm_feat_plan_t", "package_plan", {
        "fs_hz": float_literal(contract.fs_hz),
        "window_len": f"{contract.window_len}U",
        "hop_len": f"{contract.hop_len}U",
        "detrend": f"ECM_FEAT_DETREND_{contract.detrend.upper()}",
        "speed_lo_hz": float_literal(contract.speed_hz[0]),
        "speed_hi_hz": float_literal(contract.speed_hz[1]),
        "steps": "package_steps",
        "steps_len": f"{len(runner.steps())}U",
        "features_len": f"{runner.n_features}U",
        "work_len": f"{runner.work_len}U",
        "state_len": f"{runner.state_len}U",
    })  # fmt: skip


def _struct(kind: str, name: str, fields: Mapping[str, str]) -> str:
    """Write a constant structure, its fields by name, so that a compiler checks."""
    lines = [f"    .{field} = {value}," for field, value in fields.items()]
    return "\n".join([f"static const {kind} {name} = {{", *lines, "};\n"])


def _floats(name: str, values: Sequence[float]) -> str:
    return table_c(name, np.array(values, np.float32))


def _sections(name: str, sections: Sequence[Sequence[float]]) -> str:
    rows = [f"    {{{', '.join(map(float_literal, row))}}}," for row in sections]
    head = f"static const ecm_filter_biquad_f32_t {name}[{len(rows)}] = {{"
    return "\n".join([head, *rows, "};\n"])


def _low(taps: str, count: int, factor: int) -> str:
    return f"{{{taps}, {count}U, {factor}U}}"


def _filter(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    settings = contract.filter
    assert settings is not None
    text = _sections("package_filter_sections", settings.sections)
    text += _struct("ecm_feat_filter_cfg_t", "package_filter", {
        "sections": "package_filter_sections",
        "sections_len": f"{len(settings.sections)}U",
        "settle_len": f"{settings.settle_len}U",
    })  # fmt: skip
    return text, "&package_filter"


def _velocity(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    settings = contract.velocity
    assert settings is not None
    fields = {
        name: f"{value}U" if isinstance(value, int) else float_literal(value)
        for name, value in msgspec.structs.asdict(settings).items()
    }
    return (
        _struct("ecm_velocity_cfg_f32_t", "package_velocity", fields),
        "&package_velocity",
    )


def _transform(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    lengths["package_fft"] = (contract.window_len // 2, True)
    return "", "&package_fft"


def _taper(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    weights = ", ".join(map(float_literal, contract.taper))
    fields = {"terms_len": f"{len(contract.taper)}U", "weight": f"{{{weights}}}"}
    return _struct("ecm_spectrum_taper_t", "package_taper", fields), "&package_taper"


def _welch(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    fields = {"span_len": f"{contract.welch}U"}
    return _struct("ecm_feat_welch_cfg_t", "package_welch", fields), "&package_welch"


def _line_search(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    settings = contract.lines
    assert settings is not None
    fields = {"halfwidth": float_literal(settings.halfwidth)}
    return _struct("ecm_feat_line_cfg_t", "package_lines", fields), "&package_lines"


def _mel(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    settings = contract.mel
    assert settings is not None
    bank = mel_bank(settings, fs_hz=contract.fs_hz, window_len=contract.window_len)
    text = mel_bank_c("package_mel_bank", bank) + "\n"
    text += _struct("ecm_feat_mel_cfg_t", "package_mel", {
        "bank": "&package_mel_bank",
        "scale": float_literal(mel_scale(contract)),
        "floor": float_literal(settings.floor),
    })  # fmt: skip
    return text, "&package_mel"


def _cepstrum(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    at = contract.window_len if keeps_bins(contract) else 0
    fields = {"fft": "&package_fft", "scratch_at": f"{at}U"}
    return (
        _struct("ecm_feat_cepstrum_cfg_t", "package_cepstrum", fields),
        "&package_cepstrum",
    )


def _lines(e: EnvelopeStep, lengths: Lengths) -> tuple[str, str]:
    """Text, and the initialiser of ``ecm_feat_lines_cfg_t``."""
    lengths["package_history_fft"] = (e.len // 2, True)
    text, taps = "", "NULL"
    if e.taps:
        text, taps = _floats("package_history_taps", e.taps), "package_history_taps"
    low = _low(taps, len(e.taps), e.factor)
    history = f"{{{e.len}U, &package_history_fft, {low}}}"
    bin_hz, halfwidth = float_literal(e.bin_hz), float_literal(e.halfwidth)
    return text, f"{{{history}, {bin_hz}, {halfwidth}}}"


def _envelope(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    e = contract.envelope
    assert e is not None
    text, lines = _lines(e, lengths)
    lengths["package_inverse_fft"] = (e.m, False)
    sizes = f"{contract.window_len}U, {e.bin}U, {e.bins_len}U"
    text += _struct("ecm_feat_envelope_cfg_t", "package_envelope", {
        "lines": lines,
        "band": f"{{{sizes}, &package_inverse_fft}}",
        "detect": f"ecm_envelope_{'white' if e.whiten else 'analytic'}_f32",
        "form": f"ecm_envelope_{e.form}_f32",
    })  # fmt: skip
    return text, "&package_envelope"


def _rectified(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    e = contract.envelope
    assert e is not None
    text, lines = _lines(e, lengths)
    text += _sections("package_band_sections", e.sections)
    text += _floats("package_rectifier_taps", e.rectifier_taps)
    low = _low("package_rectifier_taps", len(e.rectifier_taps), e.rectifier_factor)
    text += _struct("ecm_feat_rectified_cfg_t", "package_rectified", {
        "lines": lines,
        "rectifier": f"{{package_band_sections, {len(e.sections)}U, {low}}}",
    })  # fmt: skip
    return text, "&package_rectified"


def _scale(contract: FeatureContract, lengths: Lengths) -> tuple[str, str]:
    settings = contract.scale
    assert settings is not None
    text = _floats("package_scale_offset", settings.offset)
    text += _floats("package_scale_factor", settings.factor)
    fields = {"offset": "package_scale_offset", "factor": "package_scale_factor"}
    return text + _struct("ecm_feat_scale_cfg_t", "package_scale", fields), (
        "&package_scale"
    )


_SETTINGS: dict[str, Callable[[FeatureContract, Lengths], tuple[str, str]]] = {
    "filter": _filter,
    "velocity": _velocity,
    "transform": _transform,
    "taper": _taper,
    "welch": _welch,
    "lines": _line_search,
    "mel": _mel,
    "cepstrum": _cepstrum,
    "envelope": _envelope,
    "rectified": _rectified,
    "scale": _scale,
}
"""Text and address of a step's settings; the transforms that it adds."""
