from typing import Final, TypeGuard, final

import numpy as np
from numpy.typing import NDArray

MAX_THREADS: Final[int]

def isa() -> int: ...
def isa_name(isa: int) -> str: ...

class _Tables:
    @property
    def lanes(self) -> int: ...

@final
class Plan(_Tables):
    def __new__(cls, n: int, isa: int) -> Plan: ...
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
    def packed_f32(
        self,
        x: NDArray[np.float32],
        mean: NDArray[np.float32] | None,
        threads: int,
        out: NDArray[np.float32],
    ) -> None: ...

@final
class ComplexPlan(_Tables):
    def __new__(cls, n: int, inverse: bool, isa: int) -> ComplexPlan: ...
    def c2c_f32(
        self, x: NDArray[np.float32], threads: int, out: NDArray[np.float32]
    ) -> None: ...
