from typing import final

import numpy as np
from numpy.typing import NDArray

NONE: int

@final
class Regime:
    def __new__(
        cls,
        first: NDArray[np.float32],
        second: NDArray[np.float32],
        centres: NDArray[np.float32] | None,
        far: float,
        dwell: int,
    ) -> Regime: ...
    def update_f32(self, x: NDArray[np.float32]) -> int: ...
    def to_bytes(self) -> bytes: ...
    @property
    def count(self) -> int: ...
