import numpy as np
from numpy.typing import NDArray

def project_f32(
    mean: NDArray[np.float32],
    components: NDArray[np.float32],
    x: NDArray[np.float32],
    out: NDArray[np.float32],
) -> None: ...
