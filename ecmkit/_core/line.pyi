import numpy as np
from numpy.typing import NDArray

PEAKS_MAX: int
HARMONICS_MAX: int
SPEED_HARMONICS: int
DB_MIN: float

def peaks_f32(
    power: NDArray[np.float32],
    bin_hz: float,
    lo_hz: float,
    hi_hz: float,
    apart_hz: float,
    out: NDArray[np.float32],
) -> None: ...
def at_f32(
    power: NDArray[np.float32],
    bin_hz: float,
    f_hz: NDArray[np.float32],
    halfwidth_hz: float,
    out: NDArray[np.float32],
) -> None: ...
def harmonics_f32(
    power: NDArray[np.float32],
    bin_hz: float,
    f_hz: NDArray[np.float32],
    halfwidth: float,
    amplitude: NDArray[np.float32],
    rms: NDArray[np.float32],
) -> None: ...
def thd_f32(amplitude: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
def sidebands_f32(
    power: NDArray[np.float32],
    bin_hz: float,
    carrier_hz: NDArray[np.float32],
    spacing_hz: NDArray[np.float32],
    halfwidth_hz: float,
    carrier: NDArray[np.float32],
    amplitude: NDArray[np.float32],
) -> None: ...
def ratio_db_f32(
    amplitude: NDArray[np.float32], carrier: float, out: NDArray[np.float32]
) -> None: ...
def slip_hz_f32(supply_hz: float, pole_pairs: int, speed_hz: float) -> float: ...
def speed_f32(
    power: NDArray[np.float32],
    bin_hz: float,
    lo_hz: float,
    hi_hz: float,
    out: NDArray[np.float32],
) -> None: ...
