from collections.abc import Callable
from typing import final

import numpy as np
from numpy.typing import NDArray

VERSION: int
HEAD_BYTES: int
CHUNK_MIN: int
CHUNK_MAX: int
AROUND_BYTES: int
AROUND_MAC_BYTES: int

def slot_bytes(samples_len: int, sample_bytes: int) -> int: ...
@final
class Recorder:
    image: bytearray
    def __new__(
        cls,
        *,
        device_id: int,
        before_len: int,
        after_len: int,
        fs_hz: float,
        scale: float,
        sample_bytes: int,
        channel: int,
        chunk_bytes: int,
        mac: Callable[[bytes], bytes] | None,
        slot: bytes | bytearray,
    ) -> Recorder: ...
    @property
    def crc(self) -> int: ...
    def push_f32(self, x: NDArray[np.float32]) -> None: ...
    def push_s16(self, x: NDArray[np.int16]) -> None: ...
    def trigger(self, ago: int, cause: int, time_s: int) -> None: ...
    def seal(self) -> int | None: ...
    def chunk(self, number: int) -> bytes: ...
    def rearm(self) -> None: ...
    def keep(self) -> None: ...
    def kept(self) -> int | None: ...
    def kept_chunk(self, number: int) -> bytes: ...
