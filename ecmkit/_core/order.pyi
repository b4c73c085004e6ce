from typing import final

import numpy as np
from numpy.typing import NDArray

BEFORE: int
AFTER: int

def run_f32(
    fs_hz: float,
    speed_hz: float,
    rate_hz_s: float,
    start: int,
    edges: NDArray[np.uint64],
) -> None: ...
def first_f32(
    pulses: int, per_turn: int, start: int, edges: NDArray[np.uint64]
) -> int: ...
def resample_f32(
    pulses: int,
    per_turn: int,
    x: NDArray[np.float32],
    start: int,
    edges: NDArray[np.uint64],
    first: int,
    out: NDArray[np.float32],
) -> int: ...

@final
class TrackF32:
    def __new__(cls, fs_hz: float, per_turn: int) -> TrackF32: ...
    def out_len(self, speed_hz: float, n: int) -> int: ...
    def span(self, speed_hz: float, outputs: int) -> int: ...
    def push(
        self, speed_hz: float, x: NDArray[np.float32], out: NDArray[np.float32]
    ) -> int: ...
