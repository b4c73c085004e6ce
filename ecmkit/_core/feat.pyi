from typing import final

import numpy as np
from numpy.typing import NDArray

from ecmkit._core.mel import Bank

PAIRS_MAX: int
DETREND: dict[str, int]

def step_table() -> list[tuple[str, str, tuple[str, ...], str]]: ...
def table() -> list[tuple[int, str, str, str, str, str, str, str, str, str]]: ...
def window_range() -> tuple[int, int]: ...
def scale_f32(
    x: NDArray[np.float32],
    mean: NDArray[np.float32],
    inv_sd: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...

class Settings: ...

@final
class Filter(Settings):
    def __new__(cls, sections: NDArray[np.float32], settle_len: int) -> Filter: ...

@final
class Velocity(Settings):
    def __new__(
        cls,
        c1: float,
        c2: float,
        a1: float,
        a2: float,
        b1: float,
        gain: float,
        factor: int,
        settle_len: int,
        block_len: int,
    ) -> Velocity: ...

@final
class Transform(Settings):
    def __new__(cls, n: int) -> Transform: ...

@final
class Taper(Settings):
    def __new__(cls, weights: NDArray[np.float32]) -> Taper: ...

@final
class Welch(Settings):
    def __new__(cls, span_len: int) -> Welch: ...

@final
class LineSearch(Settings):
    def __new__(cls, halfwidth: float) -> LineSearch: ...

@final
class Mel(Settings):
    def __new__(cls, bank: Bank, scale: float, floor: float) -> Mel: ...

@final
class Mfcc(Settings):
    def __new__(cls, n: int, keep: bool, twiddle: NDArray[np.float32]) -> Mfcc: ...

@final
class Track(Settings):
    def __new__(
        cls,
        per_turn: int,
        turns: int,
        taps: NDArray[np.float32],
        factor: int,
        halfwidth: float,
    ) -> Track: ...

@final
class Cepstrum(Settings):
    def __new__(cls, n: int, keep: bool) -> Cepstrum: ...

@final
class Lines(Settings):
    def __new__(
        cls,
        length: int,
        taps: NDArray[np.float32],
        factor: int,
        bin_hz: float,
        halfwidth: float,
    ) -> Lines: ...

@final
class Envelope(Settings):
    def __new__(
        cls,
        lines: Lines,
        window_len: int,
        bin: int,
        bins_len: int,
        m: int,
        whiten: bool,
        form: str,
    ) -> Envelope: ...

@final
class Rectified(Settings):
    def __new__(
        cls,
        lines: Lines,
        sections: NDArray[np.float32],
        taps: NDArray[np.float32],
        factor: int,
    ) -> Rectified: ...

@final
class Scale(Settings):
    def __new__(
        cls, offset: NDArray[np.float32], factor: NDArray[np.float32]
    ) -> Scale: ...

@final
class Project(Settings):
    def __new__(
        cls, mean: NDArray[np.float32], components: NDArray[np.float32]
    ) -> Project: ...

@final
class Encode(Settings):
    def __new__(
        cls,
        layers: list[
            tuple[
                NDArray[np.int8],
                NDArray[np.int32],
                NDArray[np.int32],
                NDArray[np.uint8],
                int,
                NDArray[np.int16],
            ]
        ],
        input_scale: float,
        input_zero: int,
        output_scale: float,
    ) -> Encode: ...

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

@final
class Runner:
    def __new__(cls, plan: Plan, isa: int | None = None) -> Runner: ...
    def reset(self) -> None: ...
    def frames(
        self,
        x: NDArray[np.float32],
        speed_hz: NDArray[np.float32],
        out: NDArray[np.float32],
        done: NDArray[np.uint8],
    ) -> None: ...
