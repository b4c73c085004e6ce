import numpy as np
from numpy.typing import NDArray

CLAMP: int
LEAKY: int
LOGISTIC: int
TANH: int
ELU: int
HARD_SWISH: int
SWISH: int
EXP: int
SQRT: int
AFFINE: int

def work_len(inputs_len: int) -> int: ...
def dense(
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    output_min: float,
    output_max: float,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
) -> None: ...
def conv(
    window: NDArray[np.uint16],
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    groups: int,
    pool: int,
    output_min: float,
    output_max: float,
    x: NDArray[np.float32],
    work: NDArray[np.float32],
    y: NDArray[np.float32],
) -> None: ...
def depthwise(
    window: NDArray[np.uint16],
    weights: NDArray[np.float32],
    bias: NDArray[np.float32],
    output_min: float,
    output_max: float,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
) -> None: ...
def pool_max(
    window: NDArray[np.uint16], x: NDArray[np.float32], y: NDArray[np.float32]
) -> None: ...
def pool_mean(
    window: NDArray[np.uint16], x: NDArray[np.float32], y: NDArray[np.float32]
) -> None: ...
def map(
    function: int,
    a: float,
    b: float,
    x: NDArray[np.float32],
    y: NDArray[np.float32],
) -> None: ...
def softmax(x: NDArray[np.float32], y: NDArray[np.float32]) -> None: ...
