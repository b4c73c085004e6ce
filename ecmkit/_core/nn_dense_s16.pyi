import numpy as np
from numpy.typing import NDArray

def dense_s16(
    weights: NDArray[np.int8],
    blocks: NDArray[np.uint16],
    bias: NDArray[np.int32],
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    output: NDArray[np.int16],
    x: NDArray[np.int16],
    y: NDArray[np.int16],
) -> None: ...
