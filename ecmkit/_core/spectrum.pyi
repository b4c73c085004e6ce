import numpy as np
from numpy.typing import NDArray

TAPERS: tuple[str, ...]
DENSITY: int
LINE: int
RMS: int
PEAK: int
TERMS_MAX: int
LEN_MIN: int
EMPTY: float
FLOOR: float

def taper_weights(name: str) -> list[float]: ...
def hann_power_f32(
    bins: NDArray[np.float32], scale: float, power: NDArray[np.float32]
) -> None: ...
def power_f32(
    weights: NDArray[np.float32],
    bins: NDArray[np.float32],
    scale: float,
    power: NDArray[np.float32],
) -> None: ...
def gain_f32(weights: NDArray[np.float32]) -> dict[str, float]: ...
def rescale_f32(
    power: NDArray[np.float32],
    kind: int,
    bin_hz: float,
    enbw: float,
    out: NDArray[np.float32],
) -> None: ...
def average_f32(
    mean: NDArray[np.float32], count: int, power: NDArray[np.float32], span: int
) -> int: ...
def bin_f32(f_hz: float, bin_hz: float, bins_len: int) -> int: ...
def bands_f32(
    power: NDArray[np.float32],
    bin_hz: float,
    bands_hz: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...
def centroid_f32(
    power: NDArray[np.float32], bin_hz: float, out: NDArray[np.float32]
) -> None: ...
def moments_f32(
    power: NDArray[np.float32], bin_hz: float, out: NDArray[np.float32]
) -> None: ...
def flatness_f32(power: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
def entropy_f32(power: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
def rolloff_f32(
    power: NDArray[np.float32], bin_hz: float, share: float, out: NDArray[np.float32]
) -> None: ...
def crest_f32(power: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
