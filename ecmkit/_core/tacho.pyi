from typing import final

import numpy as np
from numpy.typing import NDArray

TICKS: int

@final
class TachoF32:
    def __new__(cls, level: float, hysteresis: float, falling: bool) -> TachoF32: ...
    def start(self) -> None: ...
    def edges(
        self, x: NDArray[np.float32], edges: NDArray[np.uint64]
    ) -> tuple[int, int]: ...

def speed_f32(edges: NDArray[np.uint64], pulses: int, fs_hz: float) -> float: ...
