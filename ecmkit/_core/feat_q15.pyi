from typing import final

import numpy as np
from numpy.typing import NDArray

VELOCITY_BLOCKS: int
FORMATS: dict[str, int]

def window_range() -> tuple[int, int]: ...
def work_len(window_len: int) -> int: ...
@final
class Velocity:
    def __init__(
        self,
        sections: NDArray[np.int32],
        bits: NDArray[np.uint32],
        settle_len: int,
        block_len: int,
    ) -> None: ...
@final
class Plan:
    def __init__(
        self,
        window_len: int,
        hop_len: int,
        steps: list[
            tuple[str, list[tuple[int, int, int, int]], Velocity | int | None]
        ],
    ) -> None: ...
    @property
    def n_features(self) -> int: ...
    @property
    def state_len(self) -> int: ...
    def reset(self, state: NDArray[np.uint32]) -> None: ...
    def extract(
        self,
        x: NDArray[np.int16],
        state: NDArray[np.uint32],
        out: NDArray[np.int32],
    ) -> int: ...
