from typing import final

import numpy as np
from numpy.typing import NDArray

STEADY: int
OFF: int
TRANSIENT: int

@final
class Run:
    def __new__(
        cls, *, off_below: float, change_most: float, settle_len: int
    ) -> Run: ...
    @property
    def state(self) -> int: ...
    def update_f32(self, x: float) -> int: ...
    def update_many_f32(self, x: NDArray[np.float32]) -> NDArray[np.uint8]: ...
    def to_bytes(self) -> bytes: ...
