import numpy as np
from numpy.typing import NDArray

MAX_LEN: int

def time(x: NDArray[np.int16]) -> dict[str, int]: ...
def time_f32(x: NDArray[np.int16]) -> dict[str, float]: ...
