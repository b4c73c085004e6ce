from typing import final

import numpy as np
from numpy.typing import NDArray

LIMITS_MAX: int

def zone_f32(limits: NDArray[np.float32], x: float) -> int: ...
@final
class LevelF32:
    def __new__(
        cls,
        limits: NDArray[np.float32],
        release: NDArray[np.float32] | None,
        hold_up: int,
        hold_down: int,
    ) -> LevelF32: ...
    def start(self) -> None: ...
    def update(self, x: NDArray[np.float32], zones: NDArray[np.uint32]) -> None: ...
