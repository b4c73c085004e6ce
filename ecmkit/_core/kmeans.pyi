import numpy as np
from numpy.typing import NDArray

def distance_f32(
    centroids: NDArray[np.float32],
    x: NDArray[np.float32],
    distance: NDArray[np.float32],
    cluster: NDArray[np.uint32],
) -> None: ...
