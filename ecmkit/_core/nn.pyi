import numpy as np
from numpy.typing import NDArray

def mse_f32(x: NDArray[np.float32], y: NDArray[np.float32]) -> float: ...
def window_check(window: NDArray[np.uint16]) -> None: ...
def window_gather(
    window: NDArray[np.uint16],
    x: NDArray[np.uint8],
    pixel_len: int,
    row: int,
    column: int,
    fill: int,
    to: NDArray[np.uint8],
) -> None: ...
def window_inside(
    window: NDArray[np.uint16], row: int, pool: int
) -> tuple[int, int]: ...
