import numpy as np
from numpy.typing import NDArray

def conv_s16(
    window: NDArray[np.uint16],
    weights: NDArray[np.int8],
    blocks: NDArray[np.uint16],
    bias: NDArray[np.int32],
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    output: NDArray[np.int16],
    groups: int,
    x: NDArray[np.int16],
    work: NDArray[np.int16],
    y: NDArray[np.int16],
) -> None: ...
def depthwise_s16(
    window: NDArray[np.uint16],
    weights: NDArray[np.int8],
    bias: NDArray[np.int32],
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    output: NDArray[np.int16],
    x: NDArray[np.int16],
    y: NDArray[np.int16],
) -> None: ...
def pool_s16(
    window: NDArray[np.uint16],
    mean: bool,
    output_min: int,
    output_max: int,
    x: NDArray[np.int16],
    y: NDArray[np.int16],
) -> None: ...
def mean_s16(
    multiplier: int,
    shift: int,
    x: NDArray[np.int16],
    y: NDArray[np.int16],
) -> None: ...
def two_s16(
    product: bool,
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    output: NDArray[np.int16],
    a: NDArray[np.int16],
    b: NDArray[np.int16],
    y: NDArray[np.int16],
) -> None: ...
def table_s16(
    table: NDArray[np.int16],
    x: NDArray[np.int16],
    y: NDArray[np.int16],
) -> None: ...
def softmax_s16(
    powers: NDArray[np.uint32],
    x: NDArray[np.int16],
    y: NDArray[np.int16],
) -> None: ...
def rescale_s16(
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    zero: NDArray[np.int16],
    output: NDArray[np.int16],
    x: NDArray[np.int16],
    y: NDArray[np.int16],
) -> None: ...
def rescale_s8_s16(
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    zero: NDArray[np.int16],
    output: NDArray[np.int16],
    x: NDArray[np.int8],
    y: NDArray[np.int16],
) -> None: ...
def rescale_s16_s8(
    multiplier: NDArray[np.int32],
    shift: NDArray[np.uint8],
    zero: NDArray[np.int16],
    output: NDArray[np.int16],
    x: NDArray[np.int16],
    y: NDArray[np.int8],
) -> None: ...
