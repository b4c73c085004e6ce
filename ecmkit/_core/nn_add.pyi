import numpy as np
from numpy.typing import NDArray

def add_s8(
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    zero: NDArray[np.int16],
    output: NDArray[np.int16],
    a: NDArray[np.int8],
    b: NDArray[np.int8],
    y: NDArray[np.int8],
) -> None: ...
def mul_s8(
    multiplier: int,
    shift: int,
    zero: NDArray[np.int16],
    output: NDArray[np.int16],
    a: NDArray[np.int8],
    b: NDArray[np.int8],
    y: NDArray[np.int8],
) -> None: ...
def table_s8(
    table: NDArray[np.int8], x: NDArray[np.int8], y: NDArray[np.int8]
) -> None: ...
def softmax_s8(
    exponential: NDArray[np.uint32], x: NDArray[np.int8], y: NDArray[np.int8]
) -> None: ...
def copy_s8(
    pieces_len: int,
    piece_len: int,
    x_step: int,
    y_step: int,
    x: NDArray[np.int8],
    y: NDArray[np.int8],
) -> None: ...
def fill_s8(value: int, y: NDArray[np.int8]) -> None: ...
