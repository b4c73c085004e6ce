"""Spectra for the report, computed by the device's own feature code."""

import msgspec
import numpy as np

from ecmkit import features
from ecmkit.data import Recording
from ecmkit.features import Feature, FeaturePlan
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
        At least one window long.
    plan : FeaturePlan
        Says channel, window and demodulation band.

    Returns
    -------
    ClassSpectrum
        Power in bands of four bins, and envelope amplitude at every tenth order;
        without a shaft speed or a demodulation band, the latter is zero.
    """
    width = plan.fs_hz / plan.window_len * _BAND_BINS
    edges = np.arange(0.0, plan.fs_hz / 2 - width / 2, width)
    bands = [Feature(name="band_rms", lo_hz=lo, hi_hz=lo + width) for lo in edges]
    orders = np.arange(_ORDER_STEP, _ORDER_MAX, _ORDER_STEP)
    lines = [Feature(name="env_order", order=float(o), halfwidth=1e-3) for o in orders]
    with_orders = plan.envelope_hz is not None and recording.info.speed_hz > 0
    rows = tuple([*bands, *lines] if with_orders else bands)
    wide = msgspec.structs.replace(plan, features=rows)
    x = recording.channel(plan.channel)
    count = (x.size - plan.window_len) // plan.hop_len + 1
    out = np.empty((count, len(rows)), np.float32)
    speed = np.full(count, recording.info.speed_hz, np.float32)
    done = np.ones(count, np.uint8)
    features.device_plan(wide.contract()).extract_frames(x, speed, out, done)
    power = np.square(out[:, : len(bands)]).mean(axis=0)
    envelope = np.zeros(len(orders), np.float32)
    if with_orders:
        envelope = out[:, len(bands) :].mean(axis=0)
    return ClassSpectrum(
        label=recording.info.label,
        recording=recording.info.id,
        frequency_hz=(edges + width / 2).astype(np.float32),
        power=power,
        order=orders.astype(np.float32),
        envelope=envelope,
    )
