from collections.abc import Sequence
from typing import final

import numpy as np
from numpy.typing import NDArray

from ecmkit._core.state import Store

CHANNELS_MAX: int
STATE_TYPE: int
HEAD_BYTES: int
BYTES_MAX: int
STATE_BYTES: int
SPEED_NONE: int
SPEED_FIXED: int
SPEED_TACHO: int
SPEED_ESTIMATED: int
SPEED_GIVEN: int

def record_bytes(channels_len: int) -> int: ...
@final
class Device:
    def __new__(
        cls,
        *,
        device_id: int,
        key_id: int,
        speed_source: int,
        speed_hz: float,
        pulses_per_turn: float,
        balls: int,
        ball_mm: float,
        pitch_mm: float,
        contact_deg: float,
        channels: Sequence[tuple[float, float]],
    ) -> Device: ...
    def encode(self) -> bytes: ...
    def decode(self, data: bytes | bytearray) -> None: ...
    def save(self, store: Store) -> None: ...
    def load(self, store: Store) -> None: ...
    def bearing_orders(self) -> tuple[float, float, float, float]: ...
    def scale_f32(self, channel: int, x: NDArray[np.float32]) -> None: ...
