"""The transform alone, as a package: what runs with it less what runs without it."""

import numpy as np

from ecmkit import package
from ecmkit.drift.records import Reference, ScoreWatch
from ecmkit.formats import FeatureContract
from ecmkit.graph import CompiledModel

__all__ = ["checksum", "fft_application"]

_SOURCE = """\
#include "ecm_fft.h"

ecm_status_t ecm_model_{name}(const float *features, float *outputs, float *work);

/* Noise within -1 ... 1. */
static __attribute__((noinline)) void fill(float *x) {{
    uint32_t i, state = 1;
    for (i = 0; i < {n}U; i++) {{
        state = state * 1664525U + 1013904223U;
        x[i] = (float)(int32_t)(state >> 8U) * 0x1p-23f - 1.0f;
    }}
}}

static __attribute__((noinline)) float checksum(const float *x) {{
    float sum = 0.0f;
    uint32_t i;
    for (i = 0; i < {n}U; i++) {{
        sum += (float)(i % 7U + 1U) * x[i] * x[i];
    }}
    return sum;
}}

ecm_status_t ecm_model_{name}(const float *features, float *outputs, float *work) {{
    (void)features;
    fill(work);
    {call}
    outputs[0] = checksum(work);
    return ECM_OK;
}}
"""
_CALLS = {"without": "", "with": "(void)ecm_fft_r2c_f32(work, {n}U);"}


def fft_application(n: int) -> package.Application:
    """Two models, ``with`` and ``without`` a transform of `n` samples, else alike."""
    contract = FeatureContract(
        channel="x",
        unit="1",
        fs_hz=12000.0,
        range=8.0,
        window_len=n,
        hop_len=n,
        needs_speed=False,
        features=((1, 0.0, 0.0),),
        names=("mean",),
        units=("1",),
    )
    models = tuple(
        CompiledModel(
            name=name,
            kind="score",
            source=_SOURCE.format(name=name, n=n, call=call.format(n=n)),
            symbol=f"ecm_model_{name}",
            n_features=1,
            outputs=(name,),
            work_len=n,
            modules=("fft",),
            flash_bytes=0,
        )
        for name, call in _CALLS.items()
    )
    watches = tuple(
        ScoreWatch(
            score=name,
            floor=1.0,
            mean=0.0,
            inv_sd=1.0,
            k=0.5,
            h=1e6,
            arl0=1000.0,
            arl0_interval=(900.0, 1100.0),
            n_reference=100,
        )
        for name in _CALLS
    )
    reference = Reference(
        names=contract.names,
        edges=np.arange(1, 8, dtype=np.float32)[None],
        probabilities=np.full((1, 8), 0.125, np.float32),
        n=100,
    )
    return package.Application(
        name=f"fft{n}",
        contract=contract,
        models=models,
        watches=watches,
        reference=reference,
    )


def checksum(n: int) -> float:
    """What the model ``with`` must say, in float64 and by NumPy's transform."""
    state, x = 1, np.empty(n)
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        x[i] = (state >> 8) * 2.0**-23 - 1.0
    bins = np.fft.rfft(x)
    packed = np.stack([bins.real, bins.imag], axis=1).ravel()[:n]
    packed[1] = bins[-1].real
    return float(np.sum((np.arange(n) % 7 + 1) * packed**2))
