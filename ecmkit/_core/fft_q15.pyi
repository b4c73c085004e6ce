import numpy as np
from numpy.typing import NDArray

def c2c(x: NDArray[np.int16], inverse: bool, out: NDArray[np.int32]) -> int: ...
def r2c(x: NDArray[np.int16], out: NDArray[np.int32]) -> int: ...
def r2c_taper(
    x: NDArray[np.int16],
    mean: int,
    taper: NDArray[np.int16],
    out: NDArray[np.int32],
) -> int: ...
def power(
    spectrum: NDArray[np.int32], exponent: int, power: NDArray[np.uint32]
) -> int: ...
