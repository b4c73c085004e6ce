from typing import final

import numpy as np
from numpy.typing import NDArray

DETREND: dict[str, int]

def step_table() -> list[tuple[str, str, tuple[str, ...], str]]: ...
def table() -> list[tuple[int, str, str, str, str, str, str, str, str, str]]: ...
def window_range() -> tuple[int, int]: ...
def envelope_len(fs_hz: float, window_len: int, lo_hz: float, hi_hz: float) -> int: ...
def scale_f32(
    x: NDArray[np.float32],
    mean: NDArray[np.float32],
    inv_sd: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...

class Settings: ...

@final
class Transform(Settings):
    def __new__(cls, n: int) -> Transform: ...

@final
class Envelope(Settings):
    def __new__(cls, lo_hz: float, hi_hz: float, length: int) -> Envelope: ...

@final
class Plan:
    def __new__(
        cls,
        fs_hz: float,
        window_len: int,
        hop_len: int,
        detrend: int,
        speed_hz: tuple[float, float],
        steps: list[tuple[str, list[tuple[int, int, float, float]], Settings | None]],
    ) -> Plan: ...
    @property
    def n_features(self) -> int: ...
    @property
    def speed_hz(self) -> tuple[float, float]: ...
    @property
    def work_len(self) -> int: ...
    @property
    def state_len(self) -> int: ...
    @property
    def warm_len(self) -> int: ...
    def steps(self) -> list[tuple[str, int, int, int]]: ...
    def takes_speed(self, speed_hz: float) -> bool: ...
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
        done: NDArray[np.uint8],
    ) -> None: ...
