from typing import final

import numpy as np
from numpy.typing import NDArray

from ecmkit._core.fft import Plan as FftPlan

@final
class Bank:
    def __new__(
        cls,
        bins_len: int,
        first: int,
        counts: NDArray[np.uint16],
        weights: NDArray[np.float32],
        norms: NDArray[np.float32],
    ) -> Bank: ...
    def energies_f32(
        self, power: NDArray[np.float32], out: NDArray[np.float32]
    ) -> None: ...

def level_f32(
    x: NDArray[np.float32], scale: float, floor: float, out: NDArray[np.float32]
) -> None: ...
def mfcc_f32(
    plan: FftPlan,
    twiddle: NDArray[np.float32],
    level: NDArray[np.float32],
    work: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...
