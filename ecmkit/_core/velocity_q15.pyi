from typing import final

import numpy as np
from numpy.typing import NDArray

@final
class VelocityQ15:
    def __new__(
        cls,
        *,
        c1: int,
        c2: int,
        c1_shift: int,
        c2_shift: int,
        b0: int,
        b1: int,
        a1: int,
        a2: int,
        up: int,
        factor: int,
        gain: int,
        settle_len: int,
        block_len: int,
    ) -> VelocityQ15: ...
    def start(self) -> None: ...
    def update(self, x: NDArray[np.int16]) -> None: ...
    def rms(self) -> int | None: ...
