from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

VERSION: int
MIN_BYTES: int
FULL_BYTES: int
ID_BYTES: int
MAC_BYTES: int
NO_CLASS: int
RATIOS_MAX: int
SKETCHES_MAX: int
VALUES_MAX: int
UPDATE_MAX: int
DIFFERENCES_MAX: int
SHADOW_TURN: int
BINS_MAX: int
CLASSES: int
RESULT_MAX: int

def encode(
    *,
    device_id: int,
    contract_id: int,
    model_id: int,
    seq: int,
    uptime_s: int,
    health: int,
    alarms: int,
    class_id: int,
    score: float,
    drift: float,
    values: NDArray[np.float32],
    update: int,
    ratios: NDArray[np.float32],
    sketches: list[tuple[int, NDArray[np.uint16]]],
    shadow: tuple[int, int | None, NDArray[np.float32]] | None,
    mac: Callable[[bytes], bytes] | None,
    buf_bytes: int,
) -> tuple[bytes, int, bool]: ...
def encode_join(
    *,
    device_id: int,
    contract_id: bytes,
    model_id: bytes,
    seq: int,
    features_len: int,
    mac: Callable[[bytes], bytes] | None,
    buf_bytes: int,
) -> bytes: ...
def encode_answer(
    *,
    device_id: int,
    contract_id: int,
    model_id: int,
    seq: int,
    uptime_s: int,
    command: int,
    kind: int,
    values: tuple[int, int],
    result: int,
    mac: Callable[[bytes], bytes] | None,
    buf_bytes: int,
) -> bytes: ...
