"""Random graphs: what Hypothesis draws becomes operations that fit each other."""

import numpy as np
from hypothesis import strategies as st

from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Tensor

_SCALES = st.integers(1, 1000).map(lambda n: float(np.float32(n / 4000.0)))
_ZEROS = st.integers(-128, 127)
_ENDS = st.sampled_from(["none", "relu", "relu6", "relu_n1_to_1"])
_FINE = st.integers(1, 1000).map(lambda n: float(np.float32(n / 1024001.0)))
"""Scales of int16, no power of 2 among them."""
SOFTMAX = (1 / 256, -128)
HALF = (1 / 32768, 0)


class Int8Graphs:
    """One graph of integers that grows by draws; all that it makes is an output."""

    def __init__(self, draw, dtypes):
        self.draw = draw
        self.dtypes = dtypes
        self.halves = dtypes == ("s8",) and draw(st.booleans())
        """Whether scales are powers of two: then many results lie between two steps."""
        self.b = Builder()
        self.b.source = "drawn"
        self.rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
        shape = (1, *(draw(st.integers(1, n)) for n in (6, 6, 5)))
        self.made = [self.b.input("x", self.kind(shape, dtypes[0]))]

    def kind(self, shape, dtype):
        """Draw the type of a value."""
        if dtype == "s16":
            return Tensor("s16", tuple(shape), self.draw(_FINE), 0)
        scale = self.near(self.draw(_SCALES))
        return Tensor("s8", tuple(shape), scale, self.draw(_ZEROS))

    def near(self, scale):
        """Give a scale in single precision, or the nearest power of two."""
        return float(
            np.float32(2.0 ** np.round(np.log2(scale)) if self.halves else scale)
        )

    def fixed(self, x, shape, small, wide):
        """Type of a value whose scale the operation fixes."""
        dtype = self.b.dtype(x)
        return Tensor(dtype, tuple(shape), *(small if dtype == "s8" else wide))

    def graph(self):
        steps = self.draw(st.lists(st.sampled_from(sorted(STEPS)), min_size=3,
                                   max_size=7))  # fmt: skip
        for name in steps:
            x = self.draw(st.sampled_from(self.made))
            made = STEPS[name](self, x)
            if made is not None:
                self.made.append(made)
        outputs = [n for n in self.made[1:] if n not in self.b.constants]
        return self.b.graph(outputs or [self.requantised(self.made[0])])

    def scaled(self, x, n, products):
        """Scales and type of a result such that sums of products fill it."""
        by_channel = self.draw(st.booleans())
        scales = self.rng.uniform(0.001, 0.02, n if by_channel else 1)
        scales = np.array([self.near(scale) for scale in scales])
        spread = 40.0 * np.sqrt(products) * self.b.tensors[x].scale * scales.max()
        if self.b.dtype(x) == "s16":
            return scales.astype(np.float32), self.near(spread * 0.7), 0
        zero = self.draw(_ZEROS)
        return scales.astype(np.float32), self.near(spread * 0.05), zero

    def weights(self, x, shape, n, products):
        weights = self.rng.integers(-127, 128, shape).astype(np.int8)
        bias = self.rng.integers(-2000, 2000, n).astype(np.int32)
        scales, scale, zero = self.scaled(x, n, products)
        names = [self.b.constant(v) for v in (weights, bias, scales)]
        return names, scale, zero

    def window(self, own, kernel, *, dilations=(1, 1), least=1):
        strides = [self.draw(st.integers(1, 3)) for _ in "hw"]
        reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
        pads, outs = [], []
        for n, k, s in zip(own[1:3], reach, strides, strict=True):
            pad = self.draw(st.integers(max(0, k - n) and k - 1, k - 1))
            after = self.draw(st.integers(max(0, k - n - pad), k - 1))
            pads.append(pad)
            outs.append((n + pad + after - k) // s + 1)
        names = ("input", "output", "kernel", "stride", "dilation", "pad")
        values = (own[1:3], outs, kernel, strides, dilations, pads)
        window = {
            f"{name}_{axis}": int(v)
            for name, pair in zip(names, values, strict=True)
            for axis, v in zip("hw", pair, strict=True)
        }
        return {**window, "input_c": own[3]}, (1, *outs)

    def dense(self, x):
        own = self.b.shape(x)
        size = int(np.prod(own))
        n = self.draw(st.integers(1, 6))
        names, scale, zero = self.weights(x, (n, size), n, size)
        kind = Tensor(self.b.dtype(x), (1, n), scale, zero)
        attrs = {"activation": self.draw(_ENDS)}
        return self.b.emit("int8_dense", [x, *names], kind, attrs)[0]

    def conv(self, x):
        own = self.b.shape(x)
        if len(own) != 4:
            return None
        kernel = [self.draw(st.integers(1, 3)) for _ in "hw"]
        dilations = [self.draw(st.integers(1, 2)) for _ in "hw"]
        window, outs = self.window(own, kernel, dilations=dilations)
        groups = self.draw(st.sampled_from([g for g in (1, 2, 3) if own[3] % g == 0]))
        n = groups * self.draw(st.integers(1, 5))
        shape = (n, *kernel, own[3] // groups)
        names, scale, zero = self.weights(x, shape, n, int(np.prod(shape[1:])))
        kind = Tensor(self.b.dtype(x), (*outs, n), scale, zero)
        attrs = {"window": window, "groups": groups, "activation": self.draw(_ENDS)}
        return self.b.emit("int8_conv", [x, *names], kind, attrs)[0]

    def depthwise(self, x):
        own = self.b.shape(x)
        if len(own) != 4:
            return None
        kernel = [self.draw(st.integers(1, 3)) for _ in "hw"]
        window, outs = self.window(own, kernel)
        n = own[3] * self.draw(st.integers(1, 2))
        names, scale, zero = self.weights(x, (1, *kernel, n), n, kernel[0] * kernel[1])
        kind = Tensor(self.b.dtype(x), (*outs, n), scale, zero)
        attrs = {"window": window, "activation": self.draw(_ENDS)}
        return self.b.emit("int8_depthwise", [x, *names], kind, attrs)[0]

    def pool(self, x):
        own = self.b.shape(x)
        if len(own) != 4:
            return None
        fn = self.draw(st.sampled_from(["max", "mean"]))
        kernel = [self.draw(st.integers(1, n)) for n in own[1:3]]
        strides = [self.draw(st.integers(1, 2)) for _ in "hw"]
        outs = [(n - k) // s + 1 for n, k, s in zip(own[1:3], kernel, strides,
                                                    strict=True)]  # fmt: skip
        names = ("input", "output", "kernel", "stride", "dilation", "pad")
        values = (own[1:3], outs, kernel, strides, (1, 1), (0, 0))
        window = {
            f"{name}_{axis}": int(v)
            for name, pair in zip(names, values, strict=True)
            for axis, v in zip("hw", pair, strict=True)
        }
        attrs = {"window": {**window, "input_c": own[3]}, "fn": fn}
        kind = self.b.like(x, (1, *outs, own[3]))
        return self.b.emit("int8_pool", [x], kind, attrs)[0]

    def mean(self, x):
        own = self.b.shape(x)
        if len(own) != 4:
            return None
        kind = self.kind((1, 1, 1, own[3]), self.b.dtype(x))
        return self.b.emit("int8_mean", [x], kind, {"fn": "mean", "axes": (1, 2)})[0]

    def two(self, x):
        own, dtype = self.b.shape(x), self.b.dtype(x)
        same = [
            n for n in self.made
            if (self.b.shape(n), self.b.dtype(n)) == (own, dtype)
        ]  # fmt: skip
        other = self.draw(st.sampled_from(same))
        if self.draw(st.booleans()):
            its = self.kind(own[-1:], dtype)
            limits = np.iinfo(its.numpy)
            values = self.rng.integers(limits.min, limits.max + 1, own[-1:])
            other = self.b.constant(
                values.astype(its.numpy), scale=its.scale, zero=its.zero
            )
        fn = self.draw(st.sampled_from(["add", "sub", "mul"]))
        kind, ends = self.kind(own, dtype), self.draw(_ENDS)
        a, b = (self.b.tensors[n] for n in (x, other))
        if fn == "mul" and a.scale * b.scale / kind.scale >= 1.0:
            kind = Tensor(dtype, own, self.near(100 * a.scale * b.scale), 0)
        op = "int8_mul" if fn == "mul" else "int8_add"
        attrs = {"activation": ends, **({} if fn == "mul" else {"fn": fn})}
        return self.b.emit(op, [x, other], kind, attrs)[0]

    def requantised(self, x):
        dtype = self.draw(st.sampled_from(self.dtypes))
        kind, attrs = self.kind(self.b.shape(x), dtype), {"fn": "requantise"}
        if dtype != self.b.dtype(x):
            return self.b.emit("int8_table", [x], kind, attrs)[0]
        ends = self.draw(_ENDS)
        if dtype == "s16" and ends == "relu_n1_to_1":
            ends = "relu6"  # TFLite has the other for int8 alone
        if ends != "none":
            attrs["activation"] = ends
        elif self.draw(st.booleans()):
            attrs["alpha"] = 0.125
        return self.b.emit("int8_table", [x], kind, attrs)[0]

    def curved(self, x):
        if self.b.dtype(x) == "s16":
            return None  # Whose tables are lines, other ones than LiteRT's.
        fn, scaled = self.draw(
            st.sampled_from([("logistic", SOFTMAX), ("tanh", (1 / 128, 0))])
        )
        kind = Tensor("s8", self.b.shape(x), *scaled)
        return self.b.emit("int8_table", [x], kind, {"fn": fn})[0]

    def softmax(self, x):
        kind = self.fixed(x, self.b.shape(x), SOFTMAX, HALF)
        return self.b.emit("int8_softmax", [x], kind, {"beta": 1.0})[0]

    def joined(self, x):
        own = self.b.tensors[x]
        same = [n for n in self.made if self.b.tensors[n] == own]
        other = self.draw(st.sampled_from(same))
        return self.b.concat([x, other], len(own.shape) - 1)

    def moved(self, x):
        order = [0, *(1 + np.array(self.draw(st.permutations(
            range(len(self.b.shape(x)) - 1))), int)).tolist()]  # fmt: skip
        made = self.b.transpose(x, order)
        return None if made == x else made

    def padded(self, x):
        own = self.b.tensors[x]
        pads = [(0, 0), *((self.draw(st.integers(0, 2)), self.draw(st.integers(0, 2)))
                          for _ in own.shape[1:])]  # fmt: skip
        shape = [p + n + q for n, (p, q) in zip(own.shape, pads, strict=True)]
        zero = self.b.constant(own.zero, own.dtype)
        before = tuple(p for p, _ in pads)
        kind = self.b.like(x, shape)
        return self.b.emit("pad", [x, zero], kind, {"before": before})[0]


STEPS = {
    name: getattr(Int8Graphs, name)
    for name in ("dense", "conv", "depthwise", "pool", "mean", "two", "requantised",
                 "curved", "softmax", "joined", "moved", "padded")
}  # fmt: skip


@st.composite
def int8_graphs(draw, dtypes=("s8",)):
    """A graph of integer operations on one input `x`, of the first of the types."""
    return Int8Graphs(draw, dtypes).graph()
