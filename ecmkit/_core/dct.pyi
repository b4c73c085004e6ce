import numpy as np
from numpy.typing import NDArray

from ecmkit._core.fft import Plan

def twiddle_len(x_len: int) -> int: ...
def dct_f32(
    plan: Plan,
    twiddle: NDArray[np.float32],
    x: NDArray[np.float32],
    work: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...
