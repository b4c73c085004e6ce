from typing import final

import numpy as np
from numpy.typing import NDArray

def wave_len(n: int) -> int: ...
@final
class Goertzel:
    def __new__(
        cls, step: float, cosine: float, sine: float, sign: float
    ) -> Goertzel: ...
    def init(self) -> None: ...
    def update_f32(self, x: NDArray[np.float32]) -> None: ...
    def value_f32(self) -> complex: ...
@final
class Sliding:
    def __new__(
        cls, wave: NDArray[np.float32], length: int, bin: int
    ) -> Sliding: ...
    def update_many_f32(
        self,
        x: NDArray[np.float32],
        oldest: NDArray[np.float32],
        out: NDArray[np.float32],
    ) -> None: ...
