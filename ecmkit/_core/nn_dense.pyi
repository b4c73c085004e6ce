import numpy as np
from numpy.typing import NDArray

def work_len(inputs_len: int) -> int: ...
def dense_s8(
    weights: NDArray[np.int8],
    blocks: NDArray[np.uint16] | None,
    bias: NDArray[np.int32],
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    output: NDArray[np.int16],
    x: NDArray[np.int8],
    y: NDArray[np.int8],
) -> None: ...
def batch_s8(
    weights: NDArray[np.int8],
    blocks: NDArray[np.uint16] | None,
    bias: NDArray[np.int32],
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    output: NDArray[np.int16],
    n_inputs: int,
    x_step: int,
    pool: int,
    x: NDArray[np.int8],
    work: NDArray[np.int32],
    y: NDArray[np.int8],
) -> None: ...
