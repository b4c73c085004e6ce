import numpy as np
from numpy.typing import NDArray

VERSION: int
MAX_BYTES: int
ID_BYTES: int

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
    feature: int,
    counts: NDArray[np.uint16],
    buf_bytes: int,
) -> bytes: ...
def encode_join(
    *,
    device_id: int,
    contract_id: bytes,
    model_id: bytes,
    seq: int,
    features_len: int,
    buf_bytes: int,
) -> bytes: ...
