from typing import final

import numpy as np
from numpy.typing import NDArray

@final
class Integrator:
    def __new__(cls, x: float) -> Integrator: ...
    def difference_f32(
        self, x: NDArray[np.float32], scale: float, out: NDArray[np.float32]
    ) -> None: ...
    def trapezoid_f32(
        self, x: NDArray[np.float32], scale: float, out: NDArray[np.float32]
    ) -> None: ...

def spectrum_f32(
    spectrum: NDArray[np.float32], fs_hz: float, lo_hz: float, times: int, scale: float
) -> None: ...
