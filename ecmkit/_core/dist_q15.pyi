import numpy as np
from numpy.typing import NDArray

def distances(
    state: bytes,
    reference: NDArray[np.uint16],
    edges: NDArray[np.int32] | None,
    *,
    reference_n: int,
    window_len: int,
) -> dict[str, int]: ...
