"""What the rules share: activations, the way between layouts and between kinds."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod

import numpy as np

from ecmkit.graph.frontend.tflite_file import TfliteOp, TfliteReading
from ecmkit.graph.ir import Tensor

__all__ = [
    "activated",
    "activation",
    "as_first",
    "as_last",
    "clamped",
    "elements",
    "is_scaled",
    "of_real",
    "same_integers",
    "to_int8",
    "to_real",
]

_ACTIVATIONS = {0: "none", 1: "relu", 2: "relu_n1_to_1", 3: "relu6"}
_LIMITS = {"relu6": (0.0, 6.0), "relu_n1_to_1": (-1.0, 1.0)}


def activation(r: TfliteReading, op: TfliteOp) -> str:
    """Name of the activation that an operator ends with."""
    number = int(op.get("fusedActivationFunction", 0))
    if number not in _ACTIVATIONS:
        raise r.b.fail(
            f"fused activation {number}, expected one of {sorted(_ACTIVATIONS)}: "
            "none, RELU, RELU_N1_TO_1, RELU6"
        )
    return _ACTIVATIONS[number]


def clamped(r: TfliteReading, x: str, name: str) -> str:
    """Apply an activation to float32 values."""
    if name == "none":
        return x
    if name == "relu":
        return elements(r, "relu", x)
    low, high = (r.b.constant(v, "f32") for v in _LIMITS[name])
    return elements(r, "clip", x, low, high)


def activated(r: TfliteReading, op: TfliteOp, x: str) -> str:
    """Apply the activation that an operator ends with to float32 values."""
    return clamped(r, x, activation(r, op))


def is_scaled(r: TfliteReading, name: str) -> bool:
    """Whether a value is int8, or int16 from 0, that stands for reals."""
    return _is_scaled(r.b.tensors[name])


def _is_scaled(kind: Tensor) -> bool:
    integers = kind.dtype == "s8" or (kind.dtype == "s16" and not kind.zero)
    return integers and kind.scale > 0.0


def same_integers(r: TfliteReading, wanted: Tensor, *names: str) -> bool:
    """Whether values and a result are int8, or all int16, that stand for reals."""
    kinds = [wanted, *(r.b.tensors[name] for name in names)]
    return all(map(_is_scaled, kinds)) and len({kind.dtype for kind in kinds}) == 1


def to_real(r: TfliteReading, name: str) -> str:
    """Read integers that stand for reals as float32; others stay."""
    if not is_scaled(r, name):
        return name
    tensor = r.b.tensors[name]
    known = r.b.value(name)
    if known is not None:
        reals = np.float32(tensor.scale) * (known.astype(np.float32) - tensor.zero)
        return r.b.constant(reals.astype(np.float32))
    return r.b.emit("int8_to_real", [name], Tensor("f32", tensor.shape))[0]


def to_int8(r: TfliteReading, name: str, kind: Tensor) -> str:
    """Quantise a float32 value to the kind that the file states."""
    shaped = replace(kind, shape=r.b.shape(name))
    return r.b.emit("int8_from_real", [name], shaped)[0]


def of_real(
    r: TfliteReading,
    op: TfliteOp,
    names: Sequence[str],
    make: Callable[[list[str]], str],
) -> list[str]:
    """Compute in float32, also where the file has integers and no kernel does."""
    wanted = r.output(op)
    if wanted.dtype != "f32" and not _is_scaled(wanted):
        raise r.b.fail(f"result is {wanted}, expected float32 or quantised int8")
    reals = [to_real(r, name) for name in names]
    for name in reals:
        if r.b.dtype(name) != "f32":
            raise r.b.fail(f"an input is {r.b.tensors[name]}, expected float32 or int8")
    made = make(reals)
    return [made if wanted.dtype == "f32" else to_int8(r, made, wanted)]


# ---- layouts ----


def as_first(r: TfliteReading, name: str) -> str:
    """Channels of an image ahead of its pixels, as the float layers have them."""
    found = r.first.get(name)
    if found is None:
        found = r.first[name] = r.b.transpose(name, (0, 3, 1, 2))
    return found


def as_last(r: TfliteReading, name: str) -> str:
    """Channels of an image after its pixels, as the file has them."""
    made = r.b.transpose(name, (0, 2, 3, 1))
    r.first[made] = name
    return made


def elements(r: TfliteReading, fn: str, *names: str, **attrs: float) -> str:
    """Apply a function of elements, in the layout in which its inputs are at hand."""
    images = [n for n in names if n in r.first and len(r.b.shape(n)) == 4]
    moved: list[str] = []
    for name in names:
        own = r.b.shape(name)
        if name in images:
            moved.append(r.first[name])
        elif prod(own) == 1 and len(own) <= 4:
            moved.append(name)
        elif r.b.value(name) is not None and len(own) == 1:
            moved.append(r.b.reshape(name, (own[0], 1, 1)))
        elif r.b.value(name) is not None and len(own) == 4:
            moved.append(r.b.transpose(name, (0, 3, 1, 2)))
        else:
            images = []
            break
    if not images:
        return r.b.map(fn, *names, dtype=None, **attrs)
    made = r.b.map(fn, *moved, dtype=None, **attrs)
    return as_last(r, made) if len(r.b.shape(made)) == 4 else made
