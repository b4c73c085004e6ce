import numpy as np
from numpy.typing import NDArray

def mse_f32(x: NDArray[np.float32], y: NDArray[np.float32]) -> float: ...
