import numpy as np
from numpy.typing import NDArray

HANN: int
HAMMING: int
BLACKMAN_HARRIS: int
FLAT_TOP: int
KAISER: int
PERIODIC: int
SYMMETRIC: int
LEN_MAX: int
BETA_MAX: float

def half_len(x_len: int, form: int) -> int: ...
def fill_f32(
    x_len: int, kind: int, form: int, beta: float, half: NDArray[np.float32]
) -> None: ...
def fill_q15(
    x_len: int, kind: int, form: int, beta: float, half: NDArray[np.int16]
) -> None: ...
def gain_f32(
    x_len: int, kind: int, form: int, beta: float, half: NDArray[np.float32]
) -> dict[str, float]: ...
