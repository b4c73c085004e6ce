from typing import final

import numpy as np
from numpy.typing import NDArray

def is_length(n: int) -> bool: ...
@final
class Plan:
    def __new__(cls, n: int, real: bool) -> Plan: ...
    @property
    def n(self) -> int: ...
    def passes(self) -> list[tuple[int, int, int, int]]: ...
    def twiddles(self) -> NDArray[np.float32]: ...
    def c2c_f32(
        self, x: NDArray[np.float32], out: NDArray[np.float32], inverse: bool
    ) -> None: ...
    def r2c_f32(self, x: NDArray[np.float32], out: NDArray[np.float32]) -> None: ...
    def r2c_taper_f32(
        self,
        x: NDArray[np.float32],
        mean: float,
        taper: NDArray[np.float32],
        out: NDArray[np.float32],
    ) -> None: ...
    def power_f32(
        self,
        x: NDArray[np.float32],
        mean: float,
        taper: NDArray[np.float32] | None,
        work: NDArray[np.float32],
        power: NDArray[np.float32],
    ) -> None: ...
    def c2r_f32(
        self, spectrum: NDArray[np.float32], out: NDArray[np.float32]
    ) -> None: ...
