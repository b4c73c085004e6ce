import numpy as np
from numpy.typing import NDArray

FEATURES_MAX: int

class HotellingT2:
    what: int
    since: int
    def __init__(
        self,
        mean: NDArray[np.float32],
        whiten: NDArray[np.float32],
        weight: float,
        limit: float,
    ) -> None: ...
    def reset(self) -> None: ...
    def update_f32(self, x: NDArray[np.float32]) -> None: ...
    def run_f32(
        self, x: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint32]]: ...
    def to_bytes(self) -> bytes: ...
    def load(self, state: bytes) -> None: ...
    @property
    def statistic(self) -> float: ...
