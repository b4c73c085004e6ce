import numpy as np
from numpy.typing import NDArray

def add_f32(
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    x: NDArray[np.float32],
    sums: NDArray[np.float32],
) -> None: ...
def add_s8(
    weights: NDArray[np.int8],
    scale: NDArray[np.float32],
    bias: NDArray[np.float32],
    x: NDArray[np.int8],
    sums: NDArray[np.float32],
) -> None: ...
