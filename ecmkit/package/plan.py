"""The feature plan of a package as C constants: rows, settings, steps."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.features import (
    DevicePlan,
    Step,
    device_plan,
    integer_steps,
    rows_of,
    steps_of,
)
from ecmkit.features.blocks import layer_tables
from ecmkit.features.mel import dct_factors
from ecmkit.features.parts import mel_bank
from ecmkit.features.steps import keeps_bins, mel_scale, scaled_places
from ecmkit.formats import EnvelopeStep, FeatureContract
from ecmkit.graph.c_writer import float_literal
from ecmkit.package.integers import integer_plan_c
from ecmkit.package.mel import mel_bank_c
from ecmkit.package.transforms import table_c, transforms_c

__all__ = ["headers_of", "plain", "plan_c", "plan_name"]

Lengths = dict[str, tuple[int, bool]]
"""Transforms by the name of their constant: complex elements, and whether for reals."""


def plan_c(contract: FeatureContract) -> str:
    """Write the plan of each channel, see `plan_name`, and all that it points to.

    Returns
    -------
    str
        C99; its headers are those of the steps' modules. What channels have in common
        is written once.

    Raises
    ------
    ValueError
        If the device library refuses the contract.
    """
    lengths: Lengths = {}
    settings: dict[str, None] = {}
    plans: list[str] = []
    for channel in range(len(contract.channels)):
        made = _Channel(contract, channel)
        runner = device_plan(contract, channel)
        places = {name: state_at for name, _, _, state_at in runner.steps()}
        if contract.profile == "q15" and places:
            plans += _integers(made)
        steps: list[str] = []
        for step in steps_of(contract, channel):
            cfg = "NULL"
            if contract.profile == "q15" and step.name in places:
                cfg = f"&{made.name('integer')}[{len(steps)}]"
            elif step.name in _SETTINGS:
                text, cfg = _SETTINGS[step.name](made, lengths)
                settings.setdefault(text)
            kind = step.name if contract.profile == "f32" else _kind(step, places)
            rows = f"&{made.name('rows')}[{step.first}]" if step.count else "NULL"
            row = f"{rows}, {step.count}U, {cfg}, {places.get(step.name, 0)}U"
            steps.append(f"    {{&ecm_feat_kind_{kind}, {row}}},")
        plans += [*_rows(made), *_steps(made, steps), _plan(made, runner, len(steps))]
    return "\n".join([
        *([transforms_c(lengths)] if lengths else []),
        *filter(None, settings),
        *plans,
    ])  # fmt: skip


def plan_name(contract: FeatureContract, channel: int) -> str:
    """Name the constant ``ecm_feat_plan_t`` of a channel."""
    return _Channel(contract, channel).name("plan")


def headers_of(steps: Iterable[Step]) -> list[str]:
    """List the lines that include what the steps are declared in."""
    return [
        f'#include "ecm_{module}.h"' for module in sorted({s.module for s in steps})
    ]


@dataclass(frozen=True)
class _Channel:
    """One channel of a contract, and what its constants are called."""

    contract: FeatureContract
    at: int

    def name(self, what: str) -> str:
        """Name a constant that is the channel's own."""
        several = len(self.contract.channels) > 1
        return f"package_{what}_{self.at}" if several else f"package_{what}"


def plain(name: str) -> str:
    """Turn a name into letters, digits and underscores."""
    return "".join(c if c.isalnum() and c.isascii() else "_" for c in name)


def _rows(channel: _Channel) -> list[str]:
    names = [
        name
        for name, row in zip(
            channel.contract.names, channel.contract.features, strict=True
        )
        if row[0] == channel.at
    ]
    rows = [
        f"    {{{number}U, {n}U, {float_literal(a)}, {float_literal(b)}}}, "
        f"/* {plain(name)} */"
        for (_, number, n, a, b), name in zip(
            rows_of(channel.contract, channel.at), names, strict=True
        )
    ]
    if not rows:
        return []
    head = f"static const ecm_feat_row_t {channel.name('rows')}[{len(rows)}] = {{"
    return [head, *rows, "};\n"]


def _kind(step: Step, integers: Mapping[str, int]) -> str:
    """Name the kind of a step in the profile q15."""
    return "integer" if step.name in integers else step.name


def _integers(channel: _Channel) -> list[str]:
    """Write the integer plan, and the steps' settings that put it into another."""
    name = channel.name("integers")
    count = len(integer_steps(channel.contract, channel.at))
    head = (
        f"static const ecm_feat_integer_cfg_t {channel.name('integer')}[{count}] = {{"
    )
    places = [f"    {{&{name}, {i}U}}," for i in range(count)]
    return [
        integer_plan_c(channel.contract, channel.at, name),
        *(head, *places, "};\n"),
        _struct("ecm_feat_real_cfg_t", channel.name("real"), {
            "plan": f"&{name}",
            "range": float_literal(channel.contract.range_of(channel.at)),
        }),
    ]  # fmt: skip


def _real(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    return "", f"&{channel.name('real')}"


def _steps(channel: _Channel, steps: list[str]) -> list[str]:
    if not steps:
        return []
    head = f"static const ecm_feat_step_t {channel.name('steps')}[{len(steps)}] = {{"
    return [head, *steps, "};\n"]


def _plan(channel: _Channel, runner: DevicePlan, steps_len: int) -> str:
    contract = channel.contract
    return _struct("ecm_feat_plan_t", channel.name("plan"), {
        "fs_hz": float_literal(contract.fs_hz),
        "window_len": f"{contract.window_len}U",
        "hop_len": f"{contract.hop_len}U",
        "detrend": f"ECM_FEAT_DETREND_{contract.detrend.upper()}",
        "speed_lo_hz": float_literal(contract.speed_hz[0]),
        "speed_hi_hz": float_literal(contract.speed_hz[1]),
        "steps": channel.name("steps") if steps_len else "NULL",
        "steps_len": f"{steps_len}U",
        "features_len": f"{runner.n_features}U",
        "work_len": f"{runner.work_len}U",
        "state_len": f"{runner.state_len}U",
    })  # fmt: skip


def _struct(kind: str, name: str, fields: Mapping[str, str]) -> str:
    """Write a constant structure, its fields by name, so that a compiler checks."""
    lines = [f"    .{field} = {value}," for field, value in fields.items()]
    return "\n".join([f"static const {kind} {name} = {{", *lines, "};\n"])


def _floats(name: str, values: Sequence[float] | NDArray[np.float32]) -> str:
    return table_c(name, np.array(values, np.float32))


def _sections(name: str, sections: Sequence[Sequence[float]]) -> str:
    rows = [f"    {{{', '.join(map(float_literal, row))}}}," for row in sections]
    head = f"static const ecm_filter_biquad_f32_t {name}[{len(rows)}] = {{"
    return "\n".join([head, *rows, "};\n"])


def _low(taps: str, count: int, factor: int) -> str:
    return f"{{{taps}, {count}U, {factor}U}}"


def _filter(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    settings = channel.contract.filter
    assert settings is not None
    text = _sections("package_filter_sections", settings.sections)
    text += _struct("ecm_feat_filter_cfg_t", "package_filter", {
        "sections": "package_filter_sections",
        "sections_len": f"{len(settings.sections)}U",
        "settle_len": f"{settings.settle_len}U",
    })  # fmt: skip
    return text, "&package_filter"


def _velocity(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    settings = channel.contract.velocity
    assert settings is not None
    fields = {
        name: f"{value}U" if isinstance(value, int) else float_literal(value)
        for name, value in msgspec.structs.asdict(settings).items()
    }
    return (
        _struct("ecm_velocity_cfg_f32_t", "package_velocity", fields),
        "&package_velocity",
    )


def _transform(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    lengths["package_fft"] = (channel.contract.window_len // 2, True)
    return "", "&package_fft"


def _taper(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    taper = channel.contract.taper
    weights = ", ".join(map(float_literal, taper))
    fields = {"terms_len": f"{len(taper)}U", "weight": f"{{{weights}}}"}
    return _struct("ecm_spectrum_taper_t", "package_taper", fields), "&package_taper"


def _welch(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    fields = {"span_len": f"{channel.contract.welch}U"}
    return _struct("ecm_feat_welch_cfg_t", "package_welch", fields), "&package_welch"


def _line_search(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    settings = channel.contract.lines
    assert settings is not None
    fields = {"halfwidth": float_literal(settings.halfwidth)}
    return _struct("ecm_feat_line_cfg_t", "package_lines", fields), "&package_lines"


def _mel(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    settings = channel.contract.mel
    assert settings is not None
    contract = channel.contract
    bank = mel_bank(settings, fs_hz=contract.fs_hz, window_len=contract.window_len)
    text = mel_bank_c("package_mel_bank", bank) + "\n"
    text += _struct("ecm_feat_mel_cfg_t", "package_mel", {
        "bank": "&package_mel_bank",
        "scale": float_literal(mel_scale(contract)),
        "floor": float_literal(settings.floor),
    })  # fmt: skip
    return text, "&package_mel"


def _mfcc(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    settings = channel.contract.mel
    assert settings is not None
    lengths["package_mel_fft"] = (settings.n_mels // 2, True)
    text = _floats("package_mel_twiddle", dct_factors(settings.n_mels))
    text += _struct("ecm_dct_plan_t", "package_mel_dct", {
        "fft": "&package_mel_fft",
        "twiddle": "package_mel_twiddle",
    })  # fmt: skip
    keeps = keeps_bins(channel.contract, channel.at)
    at = channel.contract.window_len if keeps else 0
    name = channel.name("mfcc")
    text += "\n" + _struct("ecm_feat_mfcc_cfg_t", name, {
        "dct": "&package_mel_dct",
        "scratch_at": f"{at}U",
    })  # fmt: skip
    return text, f"&{name}"


def _track(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    t = channel.contract.track
    assert t is not None
    length = t.per_turn * t.turns
    lengths["package_track_fft"] = (length // 2, True)
    text, taps = "", "NULL"
    if t.taps:
        text, taps = _floats("package_track_taps", t.taps), "package_track_taps"
    text += _struct("ecm_feat_track_cfg_t", "package_track", {
        "history": f"{{{length}U, &package_track_fft, {_low('NULL', 0, 1)}}}",
        "low": _low(taps, len(t.taps), t.factor),
        "per_turn": f"{t.per_turn}U",
        "halfwidth": float_literal(t.halfwidth),
    })  # fmt: skip
    return text, "&package_track"


def _cepstrum(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    keeps = keeps_bins(channel.contract, channel.at)
    at = channel.contract.window_len if keeps else 0
    name = channel.name("cepstrum")
    fields = {"fft": "&package_fft", "scratch_at": f"{at}U"}
    return _struct("ecm_feat_cepstrum_cfg_t", name, fields), f"&{name}"


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


def _envelope(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    e = channel.contract.envelope
    assert e is not None
    text, lines = _lines(e, lengths)
    lengths["package_inverse_fft"] = (e.m, False)
    sizes = f"{channel.contract.window_len}U, {e.bin}U, {e.bins_len}U"
    text += _struct("ecm_feat_envelope_cfg_t", "package_envelope", {
        "lines": lines,
        "band": f"{{{sizes}, &package_inverse_fft}}",
        "detect": f"ecm_envelope_{'white' if e.whiten else 'analytic'}_f32",
        "form": f"ecm_envelope_{e.form}_f32",
    })  # fmt: skip
    return text, "&package_envelope"


def _rectified(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    e = channel.contract.envelope
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


def _scale(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    settings = channel.contract.scale
    assert settings is not None
    own = scaled_places(channel.contract, channel.at)
    name, fields, text = channel.name("scale"), {}, ""
    for field in ("offset", "factor"):
        values = getattr(settings, field)
        text += _floats(f"{name}_{field}", [values[i] for i in own])
        fields[field] = f"{name}_{field}"
    return text + _struct("ecm_feat_scale_cfg_t", name, fields), f"&{name}"


def _project(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    settings = channel.contract.project
    assert settings is not None
    text = _floats("package_project_mean", settings.mean)
    weights = np.array(settings.components, np.float32)
    text += table_c("package_project_components", weights)
    text += _struct("ecm_project_t", "package_project", {
        "mean": "package_project_mean",
        "components": "package_project_components",
        "features_len": f"{weights.shape[1]}U",
        "components_len": f"{weights.shape[0]}U",
    })  # fmt: skip
    return text, "&package_project"


def _encode(channel: _Channel, lengths: Lengths) -> tuple[str, str]:
    settings = channel.contract.encode
    assert settings is not None
    text, rows = "", []
    for i, layer in enumerate(settings.layers):
        name = f"package_encode_{i}"
        tables = layer_tables(layer)
        bytes_of = ", ".join(map(str, tables.weights.tolist()))
        kind = f"union {{ int8_t bytes[{tables.weights.size}]; int32_t aligned; }}"
        text += f"static const {kind} {name}_weights = {{{{\n"
        text += (
            "\n".join(
                wrap(bytes_of, 84, initial_indent="    ", subsequent_indent="    ")
            )
            + "\n}};\n\n"
        )
        text += _numbers("int32_t", f"{name}_bias", tables.bias.tolist())
        text += _numbers("int32_t", f"{name}_multiplier", layer.multiplier)
        text += _numbers("uint8_t", f"{name}_shift", tables.shift.tolist())
        words = [f"{name}_weights.bytes", "NULL"]
        words += [f"{name}_{array}" for array in ("bias", "multiplier", "shift")]
        words += [f"{tables.inputs_len}U", f"{tables.bias.size}U"]
        words += [*map(str, tables.output.tolist()), "0U"]
        rows.append(f"    {{{', '.join(words[:3])},\n     {', '.join(words[3:])}}},")
    head = f"static const ecm_nn_dense_s8_t package_encode_layers[{len(rows)}] = {{"
    text += "\n".join([head, *rows, "};\n"])
    text += _struct("ecm_feat_encode_cfg_t", "package_encode", {
        "layers": "package_encode_layers",
        "layers_len": f"{len(rows)}U",
        "input_scale": float_literal(settings.input_scale),
        "output_scale": float_literal(settings.output_scale),
        "input_zero": f"{settings.layers[0].input_zero}",
    })  # fmt: skip
    return text, "&package_encode"


def _numbers(kind: str, name: str, values: Sequence[int]) -> str:
    lines = wrap(" ".join(f"{value}," for value in values), 84)
    head = f"static const {kind} {name}[{len(values)}] = {{"
    return "\n".join([head, *(f"    {line}" for line in lines), "};\n"])


_SETTINGS: dict[str, Callable[[_Channel, Lengths], tuple[str, str]]] = {
    "filter": _filter,
    "velocity": _velocity,
    "transform": _transform,
    "taper": _taper,
    "welch": _welch,
    "lines": _line_search,
    "mel": _mel,
    "mfcc": _mfcc,
    "track": _track,
    "cepstrum": _cepstrum,
    "envelope": _envelope,
    "rectified": _rectified,
    "real": _real,
    "scale": _scale,
    "project": _project,
    "encode": _encode,
}
"""Text and address of a step's settings; the transforms that it adds."""
