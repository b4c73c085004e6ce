from collections.abc import Callable
from typing import final

from ecmkit._core.state import Store

VERSION: int
MAX_BYTES: int
INTERVAL_MAX: int
STATE_TYPE: int
STATE_BYTES: int
ACK_ALARMS: int
CHUNKS: int
RELEARN: int
INTERVAL: int
ACK_FRAMES: int
REARM: int
GUARDED: int
FORCED: int
BACK: int

@final
class Commands:
    def __new__(
        cls, device_id: int, mac: Callable[[bytes], bytes] | None
    ) -> Commands: ...
    @property
    def last(self) -> int: ...
    def decode(self, data: bytes | bytearray) -> tuple[int, int, int, int, bool]: ...
    def save(self, store: Store) -> None: ...
    def load(self, store: Store) -> None: ...
