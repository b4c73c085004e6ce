from typing import final

import numpy as np
from numpy.typing import NDArray

BLOCKS: int

@final
class VelocityF32:
    def __new__(
        cls,
        *,
        c1: float,
        c2: float,
        a1: float,
        a2: float,
        b1: float,
        gain: float,
        factor: int,
        settle_len: int,
        block_len: int,
    ) -> VelocityF32: ...
    def start(self) -> None: ...
    def update(self, x: NDArray[np.float32]) -> None: ...
    def rms(self) -> float | None: ...
