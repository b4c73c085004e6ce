from typing import final

import numpy as np
from numpy.typing import NDArray

FORMATS: dict[str, int]

def step_table() -> list[tuple[str, str, tuple[str, ...]]]: ...
def table() -> dict[int, int]: ...
def window_range() -> tuple[int, int]: ...
def work_len(window_len: int) -> int: ...
def samples_f32(
    x: NDArray[np.float32], range: float, out: NDArray[np.int16]
) -> None: ...
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
    @property
    def work_len(self) -> int: ...
    @property
    def warm_len(self) -> int: ...
    def steps(self) -> list[tuple[str, int, int, int]]: ...
    def reset(self, state: NDArray[np.uint32]) -> None: ...
    def extract(
        self,
        x: NDArray[np.int16],
        state: NDArray[np.uint32],
        out: NDArray[np.int32],
    ) -> int: ...
@final
class Runner:
    def __new__(
        cls,
        plan: Plan,
        range: float,
        offset: NDArray[np.float32] | None = None,
        factor: NDArray[np.float32] | None = None,
    ) -> Runner: ...
    def reset(self) -> None: ...
    def frames(
        self,
        x: NDArray[np.int16],
        out: NDArray[np.float32],
        done: NDArray[np.uint8],
    ) -> None: ...
