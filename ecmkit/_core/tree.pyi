from typing import final

import numpy as np
from numpy.typing import NDArray

LEAF: int

@final
class Forest:
    def __new__(
        cls,
        threshold: NDArray[np.float32],
        feature: NDArray[np.uint16],
        right: NDArray[np.uint16],
        roots: NDArray[np.uint32],
        leaves: NDArray[np.float32],
        features_len: int,
    ) -> Forest: ...
    def predict_f32(
        self, x: NDArray[np.float32], proba: NDArray[np.float32]
    ) -> None: ...

def blob_check(blob: NDArray[np.uint32], layout: int, features_len: int) -> None: ...
