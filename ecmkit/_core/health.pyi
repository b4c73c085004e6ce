from typing import final

import numpy as np
from numpy.typing import NDArray

NONFINITE: int
CLIPPED: int
STUCK: int
MISSING: int
OUTSIDE: int
SPIKE: int
DEAD: int
OFFSET: int
SIGNATURE: int
RATE: int
BITS: int

@final
class Health:
    def __new__(
        cls,
        *,
        range: float,
        stuck_len: int,
        clip_count: int,
        low: float,
        high: float,
        spike: float,
        spike_count: int,
        block_len: int,
        dead_band: float,
        offset: float,
        offset_limit: float,
        signature_low: float,
        signature_high: float,
        period_ns: int,
        rate_ppm: int,
        rate_len: int,
    ) -> Health: ...
    def update_f32(self, x: NDArray[np.float32]) -> int: ...
    def time(self, t_us: int, x_len: int) -> int: ...
    def update_s16(self, x: NDArray[np.int16]) -> int: ...
    def gap(self) -> None: ...
    def reset(self) -> None: ...
    def to_bytes(self) -> bytes: ...
    def load(self, state: bytes) -> None: ...
    @property
    def run(self) -> int: ...
    @property
    def counters(self) -> dict[str, int]: ...
