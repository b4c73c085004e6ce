import numpy as np
from numpy.typing import NDArray

def pool_max_s8(
    window: NDArray[np.uint16],
    output_min: int,
    output_max: int,
    x: NDArray[np.int8],
    y: NDArray[np.int8],
) -> None: ...
def pool_mean_s8(
    window: NDArray[np.uint16],
    output_min: int,
    output_max: int,
    x: NDArray[np.int8],
    y: NDArray[np.int8],
) -> None: ...
def mean_s8(
    bias: int,
    multiplier: int,
    shift: int,
    output: NDArray[np.int16],
    x: NDArray[np.int8],
    y: NDArray[np.int8],
) -> None: ...
