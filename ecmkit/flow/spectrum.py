"""Spectra for the report, computed by the device's own feature code."""

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from ecmkit import features
from ecmkit.data import Recording, n_windows
from ecmkit.features import Feature, FeaturePlan, PlanEnvelope
from ecmkit.flow.figures import ClassSpectrum

__all__ = ["class_spectrum"]

_BAND_BINS = 4
_ORDER_STEP = 0.1
_ORDER_MAX = 12.0


def class_spectrum(recording: Recording, plan: FeaturePlan) -> ClassSpectrum:
    """Average the spectra of a recording over its windows.

    Parameters
    ----------
    recording : Recording
        Long enough for a row of the plan.
    plan : FeaturePlan
        Says channel, the first if there are several, window and demodulation band.

    Returns
    -------
    ClassSpectrum
        Power in bands of four bins, and envelope amplitude at every tenth order;
        without a shaft speed or a demodulation band, the latter is zero.
    """
    width = plan.fs_hz / plan.window_len * _BAND_BINS
    edges = np.arange(0.0, plan.fs_hz / 2 - width / 2, width)
    pairs = tuple((float(lo), float(lo + width)) for lo in edges)
    bands = Feature(name="band_rms", bands_hz=pairs)
    orders = np.arange(_ORDER_STEP, _ORDER_MAX, _ORDER_STEP)
    power = np.square(_rows(recording, plan, bands, envelope=None)).mean(axis=0)
    amplitude = np.zeros(len(orders), np.float32)
    by_order = plan.speed_hz is not None and recording.info.speed_hz > 0
    if plan.envelope is not None and by_order:
        lines = Feature(name="env_order", orders=tuple(orders.tolist()))
        sharp = replace(plan.envelope, halfwidth=1e-3)
        amplitude = _rows(recording, plan, lines, envelope=sharp).mean(axis=0)
    return ClassSpectrum(
        label=recording.info.label,
        recording=recording.info.id,
        frequency_hz=(edges + width / 2).astype(np.float32),
        power=power,
        order=orders.astype(np.float32),
        envelope=amplitude,
    )


def _rows(
    recording: Recording,
    plan: FeaturePlan,
    feature: Feature,
    *,
    envelope: PlanEnvelope | None,
) -> NDArray[np.float32]:
    """Rows of one feature, shape (n_windows, n_rows), with nothing else in the plan."""
    channel = plan.all_channels[0]
    only = replace(
        plan,
        channel=channel,
        channels=(),
        features=(feature,),
        envelope=envelope,
        scaler=None,
        columns=("*",),
        profile="f32",
    )
    contract = only.contract()
    x = recording.channel(channel)
    n = n_windows(x.size, length=plan.window_len, hop=plan.hop_len)
    out = np.empty((n, len(contract.names)), np.float32)
    speed = np.full(n, recording.info.speed_hz, np.float32)
    done = np.ones(n, np.uint8)
    device = features.device_plan(contract)
    features.runner(device, contract).frames(x, speed, out, done)
    rows: NDArray[np.float32] = out[done.astype(bool)]
    return rows
