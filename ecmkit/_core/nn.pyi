import numpy as np
from numpy.typing import NDArray

def dense_s8(
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    multiplier: NDArray[np.int32],
    shift: NDArray[np.int8],
    input_zero: int,
    output_zero: int,
    output_min: int,
    output_max: int,
    x: NDArray[np.int8],
    y: NDArray[np.int8],
) -> None: ...
def mse_f32(x: NDArray[np.float32], y: NDArray[np.float32]) -> float: ...
