from typing import final

import numpy as np
from numpy.typing import NDArray

LEVELS_MAX: int
SAME: int
RAISED: int
LOWERED: int

@final
class Persist:
    def __new__(
        cls, on: NDArray[np.float32], band: float, k: int, n: int, holdoff: int
    ) -> Persist: ...
    def update_f32(self, x: float) -> int: ...
    def to_bytes(self) -> bytes: ...
    @property
    def level(self) -> int: ...
