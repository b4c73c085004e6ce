import numpy as np
from numpy.typing import NDArray

def four_f32(
    w: NDArray[np.float32], x: NDArray[np.float32], sums: NDArray[np.float32]
) -> None: ...
