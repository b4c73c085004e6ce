import numpy as np
from numpy.typing import NDArray

from ecmkit._core.fft import Plan

def hilbert_f32(
    real: Plan,
    complex: Plan,
    x: NDArray[np.float32],
    work: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...
