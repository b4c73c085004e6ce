import numpy as np
from numpy.typing import NDArray

from ecmkit._core.fft import Plan

def real_f32(
    plan: Plan,
    power: NDArray[np.float32],
    work: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...
def peak_f32(
    cepstrum: NDArray[np.float32],
    fs_hz: float,
    lo_s: float,
    hi_s: float,
    out: NDArray[np.float32],
) -> None: ...
def whiten_f32(bins: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
