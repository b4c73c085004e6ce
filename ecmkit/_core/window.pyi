import numpy as np
from numpy.typing import NDArray

Q15_LEN_MAX: int

def apply_f32(
    x: NDArray[np.float32],
    mean: NDArray[np.float32],
    half: NDArray[np.float32],
    form: int,
    out: NDArray[np.float32],
) -> None: ...
def apply_q15(
    x: NDArray[np.int16],
    mean: NDArray[np.int16],
    half: NDArray[np.int16],
    form: int,
    out: NDArray[np.int16],
) -> None: ...
def mean_q15(x: NDArray[np.int16]) -> int: ...
def fit_line_f32(x: NDArray[np.float32]) -> tuple[float, float]: ...
def remove_line_f32(x: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
def remove_mean_q15(x: NDArray[np.int16], out: NDArray[np.int16]) -> None: ...
def remove_line_q15(x: NDArray[np.int16], out: NDArray[np.int16]) -> None: ...
