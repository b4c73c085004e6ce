"""Windows of convolutions and pools as TFLite can say them: SAME, or PAD and VALID."""

from dataclasses import replace

import numpy as np

from ecmkit.graph.export.tflite_writer import TfliteWriting, version_of

__all__ = ["SAME", "VALID", "framed"]

SAME, VALID = 0, 1


def framed(
    w: TfliteWriting,
    at: int,
    outs: tuple[int, int],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    before: tuple[int, int],
    *,
    fill: float | None,
    same: bool = True,
) -> tuple[int, int]:
    """Return the tensor that a window reads, padded if need be, and its padding.

    ``fill`` is what lies around (None: nothing may, as in a mean); ``same``: whether
    SAME means that.
    """
    own = w.file.kinds[at]
    sizes = own.shape[1:3]
    pads = []
    for n, out, k, s, d, p in zip(
        sizes, outs, kernel, strides, dilations, before, strict=True
    ):
        reach = (out - 1) * s + (k - 1) * d + 1
        total = max(reach - n, 0)
        same &= out == -(-n // s) and p == total // 2
        pads.append((p, max(reach - n - p, 0)))
    if not any(p for pair in pads for p in pair):
        return at, VALID
    if same:
        return at, SAME
    if fill is None:
        raise w.node.refuse(
            f"mean of windows with pads {pads}: TFLite can only leave out what SAME "
            "would, so choose such pads or pad with an operator of its own"
        )
    shape = tuple(n + p + q for n, (p, q) in zip(sizes, pads, strict=True))
    kind = replace(own, shape=(own.shape[0], *shape, own.shape[3]))
    table = w.numbers(np.array([(0, 0), *pads, (0, 0)]))
    version = version_of(own)
    if fill == own.zero:
        made = w.made("PAD", [at, table], kind, version=version, options="PadOptions")
    else:
        value = w.scalar(fill, own)
        made = w.made(
            "PADV2", [at, table, value], kind, version=version, options="PadV2Options"
        )
    return made, VALID
