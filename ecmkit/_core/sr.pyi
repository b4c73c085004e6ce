import numpy as np
from numpy.typing import NDArray

from ecmkit._core.drift import Detector

ALTERNATIVES_MAX: int
STATE_BYTES: int
ALTERNATIVE: np.dtype[np.void]

class EDetector(Detector):
    def __init__(self, alternatives: NDArray[np.void], limit: float) -> None: ...
    @property
    def mixture(self) -> float: ...
