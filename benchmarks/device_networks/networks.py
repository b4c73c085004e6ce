"""The networks that are measured, with random weights, as C that calls the kernels."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.device_kernels.row import Kernel
from ecmkit.graph.packing import fold_bias, pack_s8, right_shift
from ecmkit.graph.quantise import multiplier_and_shift

__all__ = ["NETWORKS", "Network", "autoencoder", "convolutions", "noise"]

KEPT = 0.25
"""Share of the blocks of weights that the sparse networks keep."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network as a row of the kernels' bench."""

    kernel: Kernel
    weight_bytes: int
    """Of packed weights and lists of blocks."""
    macs: int
    """Multiplications of all weights, those that are 0 too."""


def noise(n: int, kind: str = "int8_t") -> str:
    """C that fills `x` with n random whole numbers of 8 bits."""
    return (
        f"uint32_t i, seed = 1;\nfor (i = 0; i < {n}U; i++) {{\n"
        "    seed = seed * 1664525U + 1013904223U;\n"
        f"    x[i] = ({kind})((int32_t)(seed >> 24) - 128);\n}}"
    )


class _Writer:
    """Tables of layers, and the calls."""

    def __init__(self, seed: int, *, sparse: bool) -> None:
        self.random = np.random.default_rng(seed)
        self.sparse = sparse
        self.tables = ""
        self.calls = ""
        self.weight_bytes = 0
        self.macs = 0

    def table(self, kind: str, name: str, values: NDArray[np.generic]) -> str:
        numbers = ", ".join(map(str, values.reshape(-1).tolist()))
        self.tables += f"static const {kind} {name}[{values.size}] = {{{numbers}}};\n"
        return name

    def weights(self, outputs: int, inputs: int) -> tuple[NDArray[np.int8], bool]:
        """Return random weights, in blocks where the network is sparse."""
        weights = self.random.integers(-127, 128, (outputs, inputs)).astype(np.int8)
        if not self.sparse or inputs % 16 or outputs % 4:
            return weights, False
        blocks = outputs // 4 * inputs // 16
        kept = np.zeros(blocks, np.int8)
        kept[self.random.permutation(blocks)[: round(blocks * KEPT)]] = 1
        mask = kept.reshape(outputs // 4, inputs // 16).repeat(4, 0).repeat(16, 1)
        return weights * mask, True

    def layer(
        self, name: str, outputs: int, inputs: int, zeros: tuple[int, int], times: int
    ) -> str:
        """Write the tables of a layer; return the initialiser of its structure."""
        weights, blocks = self.weights(outputs, inputs)
        self.macs += weights.size * times
        packed = pack_s8(weights, blocks=blocks)
        self.weight_bytes += packed.nbytes
        bias = self.random.integers(-3000, 3000, outputs).astype(np.int32)
        scale = 40.0 / (73.0 * 73.0 * np.sqrt(inputs * (KEPT if blocks else 1.0)))
        real = scale * self.random.uniform(0.5, 1.0, outputs)
        pairs = [multiplier_and_shift(r) for r in real.tolist()]
        aligned = "int8_t __attribute__((aligned(4)))"
        fields = [
            self.table(aligned, f"{name}_weights", packed.weights),
            "NULL"
            if packed.blocks is None
            else self.table("uint16_t", f"{name}_blocks", packed.blocks),
            self.table("int32_t", f"{name}_bias", fold_bias(bias, weights, zeros[0])),
            self.table("int32_t", f"{name}_mult", np.array([m for m, _ in pairs])),
            self.table(
                "uint8_t", f"{name}_shift", np.array([right_shift(s) for _, s in pairs])
            ),
            *map(str, (inputs, outputs, zeros[1], -128, 127, 0)),
        ]
        return f"{{{', '.join(fields)}}}"

    def call(self, call: str) -> None:
        self.calls += f"status |= {call};\n"

    def network(
        self, name: str, header: str, n: int, m: int, data: str, include: str = ""
    ) -> Network:
        kernel = Kernel(
            name=f"{name}_sparse" if self.sparse else name,
            header=header,
            data=f"{include}{self.tables}static int8_t x[{n}], y[{m}];\n{data}"
            "static ecm_status_t status;",
            setup=noise(n),
            call=self.calls,
            result='ecm_test_s32("status", status);\necm_test_bytes("y", y, sizeof y);',
        )
        return Network(kernel=kernel, weight_bytes=self.weight_bytes, macs=self.macs)


def autoencoder(*, sparse: bool = False) -> Network:
    """640 - 4 x 128 - 8 - 4 x 128 - 640 with ReLU, of MLPerf Tiny."""
    widths = [640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640]
    writer = _Writer(1, sparse=sparse)
    zero, x = -3, "x"
    for i, (inputs, outputs) in enumerate(itertools.pairwise(widths)):
        last = i == len(widths) - 2
        to = 5 if last else -128
        fields = writer.layer(f"l{i}", outputs, inputs, (zero, to), 1)
        writer.tables += f"static const ecm_nn_dense_s8_t l{i} = {fields};\n"
        y = "y" if last else f"turn[{i % 2}]"
        writer.call(f"ecm_nn_dense_s8(&l{i}, {x}, {y})")
        zero, x = to, y
    return writer.network(
        "autoencoder_s8", "ecm_nn_dense.h", 640, 640, "static int8_t turn[2][128];\n"
    )


def convolutions(*, sparse: bool = False) -> Network:
    """1024 x 1, three convolutions, two pools by 2, mean, 10 classes."""
    writer = _Writer(2, sparse=sparse)
    rows = (
        # input width and channels, output width, kernel, stride, pad, filters, pool
        (1024, 1, 128, 64, 8, 28, 16, 1),
        (128, 16, 64, 3, 1, 1, 32, 2),
        (64, 32, 32, 3, 1, 1, 64, 2),
    )
    zero, x, turns = 4, "x", ("turn[0]", "turn[1]", "turn[0]")
    for i, (width, channels, out, taps, stride, pad, filters, pool) in enumerate(rows):
        inputs = taps * channels
        fields = writer.layer(f"l{i}", filters, inputs, (zero, -128), out * pool)
        writer.tables += (
            f"static const ecm_nn_conv_s8_t c{i} = {{\n    {{1, {width}, {channels}, "
            f"1, {out}, 1, {taps}, 1, {stride}, 1, 1, 0, {pad}}},\n    {fields},\n"
            f"    1, {pool}, {zero}, 0}};\n"
        )
        writer.call(f"ecm_nn_conv_s8(&c{i}, {x}, work, {turns[i]})")
        zero, x = -128, turns[i]
    fields = writer.layer("l3", 10, 64, (-128, 7), 1)
    writer.tables += f"static const ecm_nn_dense_s8_t d3 = {fields};\n"
    multiplier, shift = multiplier_and_shift(1.0 / 32.0)
    writer.tables += (
        "static const ecm_nn_mean_s8_t mean = {1, 32, 64, 32 * 128, "
        f"{multiplier}, {right_shift(shift)}, -128, -128, 127}};\n"
    )
    writer.call("ecm_nn_mean_s8(&mean, turn[0], turn[1])")
    writer.call("ecm_nn_dense_s8(&d3, turn[1], y)")
    return writer.network(
        "convolutions_s8", "ecm_nn_conv.h", 1024, 10,
        "static int8_t turn[2][2048];\n"
        "static int32_t work[ECM_NN_CONV_WORK_LEN(96)];\n",
        '#include "ecm_nn_pool.h"\n',
    )  # fmt: skip


def convolutions_float() -> Network:
    """As `convolutions`, in float32."""
    random = np.random.default_rng(3)
    rows = (
        (1024, 1, 128, 64, 8, 28, 16, 1),
        (128, 16, 64, 3, 1, 1, 32, 2),
        (64, 32, 32, 3, 1, 1, 64, 2),
    )
    writer = _Writer(3, sparse=False)
    turns, x = ("turn[0]", "turn[1]", "turn[0]"), "x"

    def tables(name: str, outputs: int, inputs: int) -> str:
        weights = random.normal(0, inputs**-0.5, (outputs, inputs)).astype(np.float32)
        bias = random.normal(0, 0.1, outputs).astype(np.float32)
        writer.weight_bytes += weights.nbytes
        fields = []
        for what, values in (("weights", weights), ("bias", bias)):
            words = ", ".join(f"{float(v).hex()}F" for v in values.reshape(-1))
            writer.tables += (
                f"static const float {name}_{what}[{values.size}] = {{{words}}};\n"
            )
            fields.append(f"{name}_{what}")
        low = "-1e30F" if name == "l3" else "0.0F"
        return f"{{{', '.join(fields)}, {inputs}, {outputs}, {low}, 1e30F}}"

    for i, (width, channels, out, taps, stride, pad, filters, pool) in enumerate(rows):
        fields = tables(f"l{i}", filters, taps * channels)
        writer.macs += filters * taps * channels * out * pool
        writer.tables += (
            f"static const ecm_nn_float_conv_t c{i} = {{\n    {{1, {width}, "
            f"{channels}, 1, {out}, 1, {taps}, 1, {stride}, 1, 1, 0, {pad}}},\n"
            f"    {fields},\n"
            f"    1, {pool}}};\n"
        )
        writer.call(f"ecm_nn_float_conv(&c{i}, {x}, work, {turns[i]})")
        x = turns[i]
    writer.macs += 640
    fields = tables("l3", 10, 64)
    writer.tables += (
        f"static const ecm_nn_float_dense_t d3 = {fields};\n"
        "static const ecm_nn_window_t mean = "
        "{1, 32, 64, 1, 1, 1, 32, 1, 1, 1, 1, 0, 0};\n"
    )
    writer.call("ecm_nn_float_pool_mean(&mean, turn[0], turn[1])")
    writer.call("ecm_nn_float_dense(&d3, turn[1], y)")
    kernel = Kernel(
        name="convolutions_f32",
        header="ecm_nn_float.h",
        data=f"{writer.tables}static float x[1024], y[10], turn[2][2048];\n"
        "static float work[ECM_NN_FLOAT_WORK_LEN(96)];\nstatic ecm_status_t status;",
        setup="ecm_test_noise_f32(1, x, 1024);",
        call=writer.calls,
        result='ecm_test_s32("status", status);\necm_test_array_f32("y", y, 10);',
    )
    return Network(kernel=kernel, weight_bytes=writer.weight_bytes, macs=writer.macs)


NETWORKS = (
    *(
        build(sparse=sparse)
        for build in (autoencoder, convolutions)
        for sparse in (False, True)
    ),
    convolutions_float(),
)
