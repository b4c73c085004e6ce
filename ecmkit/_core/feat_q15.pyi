from typing import final

import numpy as np
from numpy.typing import NDArray

FORMATS: dict[str, int]

def window_range() -> tuple[int, int]: ...
def work_len(window_len: int) -> int: ...
@final
class Velocity:
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
    ) -> Velocity: ...
@final
class Plan:
    def __new__(
        cls,
        window_len: int,
        hop_len: int,
        steps: list[
            tuple[str, list[tuple[int, int, int, int]], Velocity | int | None]
        ],
    ) -> Plan: ...
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
