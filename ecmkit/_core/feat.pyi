from typing import final

import numpy as np
from numpy.typing import NDArray

def table() -> list[tuple[int, str, str, str, str, str, str]]: ...
def window_range() -> tuple[int, int]: ...
def work_len(window_len: int) -> int: ...
def scale_f32(
    x: NDArray[np.float32],
    mean: NDArray[np.float32],
    inv_sd: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...

@final
class Plan:
    def __new__(
        cls,
        fs_hz: float,
        window_len: int,
        hop_len: int,
        env_lo_hz: float,
        env_hi_hz: float,
        ids: NDArray[np.uint16],
        a: NDArray[np.float32],
        b: NDArray[np.float32],
    ) -> Plan: ...
    @property
    def n_features(self) -> int: ...
    @property
    def envelope_len(self) -> int: ...
    def blocks(self) -> list[tuple[str, int, int]]: ...
    def extract(
        self,
        x: NDArray[np.float32],
        speed_hz: NDArray[np.float32],
        out: NDArray[np.float32],
    ) -> None: ...
    def extract_frames(
        self,
        x: NDArray[np.float32],
        speed_hz: NDArray[np.float32],
        out: NDArray[np.float32],
    ) -> None: ...
