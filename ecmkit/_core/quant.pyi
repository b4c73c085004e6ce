import numpy as np
from numpy.typing import NDArray

def requantize_s32(acc: int, multiplier: int, shift: int) -> int: ...
def quantize_f32_s8(
    x: NDArray[np.float32], scale: float, zero: int, q: NDArray[np.int8]
) -> None: ...
def dequantize_s8_f32(
    q: NDArray[np.int8], scale: float, zero: int, x: NDArray[np.float32]
) -> None: ...
