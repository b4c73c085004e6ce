import numpy as np
from numpy.typing import NDArray

def work_len(inputs_len: int) -> int: ...
def conv_s8(
    window: NDArray[np.uint16],
    weights: NDArray[np.int8],
    blocks: NDArray[np.uint16] | None,
    bias: NDArray[np.int32],
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    output: NDArray[np.int16],
    groups: int,
    pool: int,
    input_zero: int,
    x: NDArray[np.int8],
    work: NDArray[np.int32],
    y: NDArray[np.int8],
) -> None: ...
