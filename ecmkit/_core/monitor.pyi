from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit._core.state import Store

ANY: int
NO_DETAIL: int
REGIME_MAX: int
STATE_TYPE: int
CUSUM: int
EWMA: int
LIMIT: int
COUNTS: int
CLASSES: int
T2: int
KIND: int
MEAN: int
SCALE: int
SHAPE: int
MIX: int
TOGETHER: int
VALUE: int
KS: int
CHI2: int
WASSERSTEIN: int
JENSEN_SHANNON: int
PSI: int
ALARM: np.dtype[np.void]

class Monitors:
    def __new__(
        cls,
        id: int,
        inputs_len: int,
        scores: list[tuple[Any, ...]],
        rows: list[tuple[Any, ...]],
        groups: list[tuple[Any, ...]],
        regime: tuple[Any, ...] | None,
    ) -> Monitors: ...
    def reset(self) -> None: ...
    def run_f32(
        self, x: NDArray[np.float32], class_id: NDArray[np.uint32]
    ) -> tuple[NDArray[np.void], NDArray[np.float32], NDArray[np.uint32]]: ...
    def raised(self, group: int) -> int: ...
    def to_bytes(self) -> bytes: ...
    def load(self, state: bytes) -> None: ...
    def data(self) -> bytes: ...
    def adopt(self, data: bytes) -> None: ...
    def rebase(
        self, means: NDArray[np.float32], spreads: NDArray[np.float32]
    ) -> None: ...
    def save(self, store: Store) -> None: ...
    def resume(self, store: Store) -> None: ...
    @property
    def words(self) -> int: ...
