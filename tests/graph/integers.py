"""Integer operations in plain Python: what the C must compute, bit for bit."""

import itertools
import math
from fractions import Fraction

import numpy as np

from tests.core.litert import multiplier_of, once, twice

LIMITS = {"none": (None, None), "relu": (0, None), "relu6": (0, 6),
          "relu_n1_to_1": (-1, 1)}  # fmt: skip


def clamped(value, y, activation):
    """Add the zero point, and keep within the integers and the activation."""
    low, high = LIMITS[activation]
    value += y.zero
    least, most = (-128, 127) if y.dtype == "s8" else (-32768, 32767)
    if low is not None:
        least = max(least, y.zero + rounded(np.float32(low) / np.float32(y.scale)))
    if high is not None:
        most = min(most, y.zero + rounded(np.float32(high) / np.float32(y.scale)))
    return min(max(value, least), most)


def rounded(real):
    """Halves away from 0."""
    exact = real if isinstance(real, Fraction) else Fraction(float(real))
    whole = math.floor(abs(exact) + Fraction(1, 2))
    return whole if exact >= 0 else -whole


def short(acc, multiplier, shift):
    """Round half up by the upper 15 bits of a multiplier, as LiteRT's sums of 64."""
    few = 0x7FFF if multiplier >= 0x7FFF0000 else (multiplier + (1 << 15)) >> 16
    return (acc * few + (1 << (shift - 17))) >> (shift - 16)


class Integers:
    """Runs a graph of integer operations, and of those that only move."""

    def __init__(self, graph):
        self.graph = graph

    def run(self, *inputs):
        values = {name: v.tolist() for name, v in self.graph.constants.items()}
        values = {n: np.array(v, object) for n, v in values.items()}
        for name, value in zip(self.graph.inputs, inputs, strict=True):
            values[name] = np.array(value.tolist(), object)
        for node in self.graph.nodes:
            y = self.graph.tensors[node.outputs[0]]
            given = [values[n] for n in node.inputs]
            made = getattr(self, node.op)(node, y, *given)
            values[node.outputs[0]] = np.array(made, object).reshape(y.shape)
        return [values[n].astype(np.int64) for n in self.graph.outputs]

    def kinds(self, node):
        return [self.graph.tensors[n] for n in node.inputs]

    def layer(self, node, y, acc, channel, round_):
        x, _, bias, scales = node.inputs
        scales = self.graph.constants[scales].astype(np.float64)
        scale = float(scales[channel if len(scales) > 1 else 0])
        x = self.graph.tensors[x]
        real = x.scale * scale / y.scale
        acc += int(self.graph.constants[bias][channel])
        if round_ is once:  # LiteRT multiplies in double precision
            value = rounded(Fraction(acc) * Fraction(real))
            return clamped(value, y, node.attrs.get("activation", "none"))
        if x.dtype == "s16" and round_ is twice:
            round_ = short
        value = round_(acc, *multiplier_of(real))
        return clamped(value, y, node.attrs.get("activation", "none"))

    def int8_dense(self, node, y, x, weights, *_):
        zero = self.kinds(node)[0].zero
        rows = x.reshape(-1, weights.shape[1])
        return [
            self.layer(node, y, sum(int(a - zero) * int(w) for a, w in zip(
                row, weights[n], strict=True)), n, once)
            for row in rows for n in range(len(weights))
        ]  # fmt: skip

    def taps(self, window, oy, ox):
        g = window
        for ky, kx in itertools.product(range(g["kernel_h"]), range(g["kernel_w"])):
            iy = oy * g["stride_h"] - g["pad_h"] + ky * g["dilation_h"]
            ix = ox * g["stride_w"] - g["pad_w"] + kx * g["dilation_w"]
            if 0 <= iy < g["input_h"] and 0 <= ix < g["input_w"]:
                yield ky, kx, iy, ix

    def int8_conv(self, node, y, x, weights, *_):
        zero, g = self.kinds(node)[0].zero, node.attrs["window"]
        each = len(weights) // node.attrs["groups"]
        per = weights.shape[3]
        made = []
        for oy, ox, n in np.ndindex(*y.shape[1:]):
            first = n // each * per
            acc = sum(
                int(x[0, iy, ix, first + c] - zero) * int(weights[n, ky, kx, c])
                for ky, kx, iy, ix in self.taps(g, oy, ox)
                for c in range(per)
            )
            made.append(self.layer(node, y, acc, n, twice))
        return made

    def int8_depthwise(self, node, y, x, weights, *_):
        zero, g = self.kinds(node)[0].zero, node.attrs["window"]
        multiply = y.shape[3] // x.shape[3]
        return [
            self.layer(node, y, sum(
                int(x[0, iy, ix, n // multiply] - zero) * int(weights[0, ky, kx, n])
                for ky, kx, iy, ix in self.taps(g, oy, ox)), n, twice)
            for oy, ox, n in np.ndindex(*y.shape[1:])
        ]  # fmt: skip

    def int8_pool(self, node, y, x):
        made = []
        for oy, ox, c in np.ndindex(*y.shape[1:]):
            taps = self.taps(node.attrs["window"], oy, ox)
            found = [int(x[0, iy, ix, c]) for _, _, iy, ix in taps]
            value = max(found)
            if node.attrs["fn"] == "mean":
                value = rounded(Fraction(sum(found), len(found)))
            made.append(
                clamped(value - y.zero, y, node.attrs.get("activation", "none"))
            )
        return made

    def int8_mean(self, node, y, x):
        own, axes = self.kinds(node)[0], tuple(node.attrs["axes"])
        n = math.prod(own.shape[a] for a in axes)
        real = own.scale / (y.scale * (n if node.attrs["fn"] == "mean" else 1))
        sums = (x - own.zero).sum(axis=axes)
        return [
            clamped(once(int(v), *multiplier_of(real)), y, "none")
            for v in np.array(sums, object).reshape(-1)
        ]

    def pairs(self, y, a, b):
        b = np.broadcast_to(b, y.shape) if b.size > 1 else np.full(y.shape, b.item())
        return zip(a.reshape(-1), b.reshape(-1), strict=True)

    def int8_add(self, node, y, a, b):
        first, second = self.kinds(node)
        top = 2.0 * max(first.scale, second.scale)
        bits = 20 if y.dtype == "s8" else 15
        factors = (first.scale / top, second.scale / top, top / (2.0**bits * y.scale))
        one, two, three = (multiplier_of(factor) for factor in factors)
        sign = 1 if node.attrs["fn"] == "add" else -1
        made = []
        for p, q in self.pairs(y, a, b):
            left = twice(int(p - first.zero) << bits, *one)
            right = twice(int(q - second.zero) << bits, *two)
            value = twice(left + sign * right, *three)
            made.append(clamped(value, y, node.attrs.get("activation", "none")))
        return made

    def int8_mul(self, node, y, a, b):
        first, second = self.kinds(node)
        real = np.float32(first.scale) * np.float32(second.scale) / np.float32(y.scale)
        return [
            clamped(twice(int(p - first.zero) * int(q - second.zero),
                          *multiplier_of(float(real))), y,
                    node.attrs.get("activation", "none"))
            for p, q in self.pairs(y, a, b)
        ]  # fmt: skip

    def int8_table(self, node, y, x):
        own, fn = self.kinds(node)[0], node.attrs["fn"]
        activation = node.attrs.get("activation", "none")
        if fn == "requantise":
            real = own.scale / y.scale
            if activation != "none":
                real = float(np.float32(own.scale) / np.float32(y.scale))
            alpha = node.attrs.get("alpha", 1.0)
            return [
                clamped(twice(int(v - own.zero), *multiplier_of(
                    real if v >= own.zero else real * alpha)), y, activation)
                for v in x.reshape(-1)
            ]  # fmt: skip
        functions = {"logistic": lambda r: 1 / (1 + math.exp(-r)), "tanh": math.tanh}
        return [
            clamped(rounded(functions[fn](own.scale * int(v - own.zero)) / y.scale), y,
                    "none")
            for v in x.reshape(-1)
        ]  # fmt: skip

    def int8_softmax(self, node, y, x):
        scale = self.kinds(node)[0].scale * node.attrs["beta"]
        made = []
        if y.dtype == "s16":
            return self.wide_softmax(x.reshape(-1, x.shape[-1]), scale)
        for row in x.reshape(-1, x.shape[-1]):
            top = max(row)
            powers = [round(2**22 * math.exp(-scale * int(top - v))) for v in row]
            total = sum(powers)
            made += [min((p * 256 + total // 2) // total - 128, 127) for p in powers]
        return made

    def wide_softmax(self, rows, scale):
        def power(d):
            coarse, fine = (round(2**31 * math.exp(-scale * n)) for n in (
                d // 256 * 256, d % 256))  # fmt: skip
            return coarse * fine >> 32

        made = []
        for row in rows:
            powers = [power(int(max(row) - v)) for v in row]
            total = sum(powers)
            made += [min((p * 32768 + total // 2) // total, 32767) for p in powers]
        return made

    def reshape(self, node, y, x):
        return x

    def concat(self, node, y, *parts):
        return np.concatenate(parts, node.attrs["axis"])

    def pad(self, node, y, x, fill):
        made = np.full(y.shape, fill.item(), object)
        before = node.attrs["before"]
        made[tuple(slice(p, p + n) for p, n in zip(before, x.shape, strict=True))] = x
        return made

    def copy(self, node, y, x):
        at = node.attrs["offset"] + sum(
            np.arange(n).reshape([-1 if j == i else 1 for j in range(len(y.shape))]) * s
            for i, (n, s) in enumerate(zip(y.shape, node.attrs["steps"], strict=True))
        )  # fmt: skip
        return x.reshape(-1)[np.broadcast_to(at, y.shape)]
