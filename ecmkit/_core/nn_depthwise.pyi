import numpy as np
from numpy.typing import NDArray

def depthwise_s8(
    window: NDArray[np.uint16],
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    output: NDArray[np.int16],
    input_zero: int,
    x: NDArray[np.int8],
    y: NDArray[np.int8],
) -> None: ...
