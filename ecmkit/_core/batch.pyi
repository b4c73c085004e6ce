from typing import Final, TypeGuard, final

import numpy as np
from numpy.typing import NDArray

MAX_THREADS: Final[int]

def isa() -> int: ...
def isa_name(isa: int) -> str: ...
@final
class Plan:
    def __new__(cls, n: int, isa: int) -> Plan: ...
    @property
    def lanes(self) -> int: ...
    def takes(self, x: object) -> TypeGuard[NDArray[np.float32]]: ...
    def r2c_f32(
        self,
        x: NDArray[np.float32],
        taper: NDArray[np.float32] | None,
        centre: bool,
        threads: int,
        out: NDArray[np.complex64] | None,
    ) -> NDArray[np.complex64]: ...
    def power_f32(
        self,
        x: NDArray[np.float32],
        taper: NDArray[np.float32] | None,
        centre: bool,
        threads: int,
        out: NDArray[np.float32] | None,
    ) -> NDArray[np.float32]: ...
