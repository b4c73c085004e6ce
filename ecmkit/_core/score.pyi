from typing import final

import numpy as np
from numpy.typing import NDArray

ORDER_MAX: int
STATE_BYTES: int

@final
class Score:
    def __new__(
        cls,
        center: float,
        scale: float,
        phi: NDArray[np.float32],
        edges: NDArray[np.float32],
        scores: NDArray[np.float32],
    ) -> Score: ...
    def reset(self) -> None: ...
    def update_f32(self, x: float) -> float | None: ...
    def update_many_f32(self, x: NDArray[np.float32]) -> NDArray[np.float32]: ...
    def to_bytes(self) -> bytes: ...
    def load(self, state: bytes) -> None: ...
