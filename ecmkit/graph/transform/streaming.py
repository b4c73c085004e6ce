"""Windows that slide: each hop computes what is new, and remembers the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ecmkit.errors import FormatError
from ecmkit.graph.frontend.builder import Builder
from ecmkit.graph.ir import Graph, Node, State, Tensor, check
from ecmkit.graph.picture import macs_of

__all__ = ["Streamed", "streaming"]


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """A graph that takes one hop of samples at a time."""

    graph: Graph
    """Its input, and outputs along time, are of a hop."""
    windows: bool
    """Whether each hop gives what the window that ends with it gives, once as many
    samples as a window has went in. Else some layer pads with zeros: a hop then gives
    what a window that began with the first sample would give."""
    macs: int
    """Multiply-accumulates of a hop."""
    macs_whole: int
    """Of the whole window."""

    @property
    def saved(self) -> float:
        """Share of the multiply-accumulates that a hop does without."""
        return 1.0 - self.macs / self.macs_whole if self.macs_whole else 0.0


@dataclass(frozen=True)
class _Flow:
    """The new part of a value along time."""

    name: str
    axis: int
    hop: int
    length: int
    """Of the whole value."""


def streaming(graph: Graph, *, hop: int) -> Streamed:
    """Turn a graph over windows into one over hops.

    One-dimensional convolutions and pools, in float32 or int8, run over what is new and
    the little of before that they reach back to; functions of elements over what is
    new. Where the whole window is needed, such as for a mean over it, its values are
    kept instead of computed again.

    Parameters
    ----------
    graph : Graph
        With one input (1, channels, samples), the samples in time. Convolutions may
        look back, by zeros in front or not at all, and not ahead.
    hop : int
        New samples at a time: divides the window, and a multiple of all strides.

    Returns
    -------
    Streamed
        Of the same bits; what is remembered are states of the graph.

    Raises
    ------
    ValueError
        If the hop does not divide the window.
    FormatError
        If a layer looks ahead, pads by other than all it reaches back to, or its stride
        does not fit: names the node.
    """
    if len(graph.inputs) != 1:
        raise FormatError(f"{len(graph.inputs)} inputs, expected 1")
    if graph.states:
        raise FormatError(
            f"{len(graph.states)} values survive from run to run, expected none yet: "
            "recurrent layers that go on and hops do not go together"
        )
    shape = graph.tensors[graph.inputs[0]].shape
    if len(shape) != 3 or shape[0] != 1:
        raise FormatError(f"input {list(shape)}, expected [1, channels, samples]")
    if hop < 1 or shape[2] % hop:
        raise ValueError(f"a hop of {hop} samples does not divide {shape[2]}")
    return _Streaming(graph, hop).run()


class _Streaming:
    def __init__(self, graph: Graph, hop: int) -> None:
        self.old = graph
        self.b = Builder()
        self.states: dict[str, State] = {}
        self.whole: dict[str, str] = {}
        self.windows = True
        name = graph.inputs[0]
        shape = graph.tensors[name].shape
        kind = Tensor(graph.tensors[name].dtype, (*shape[:2], hop))
        self.flows = {name: _Flow(self.b.input(name, kind), 2, hop, shape[2])}

    def run(self) -> Streamed:
        for node in self.old.nodes:
            self.b.source = node.source
            if not any(name in self.flows for name in node.inputs):
                self.keep(node)
                continue
            rule = _RULES.get(node.op)
            if rule is None or not rule(self, node):
                self.keep(node)
        outputs = [
            self.flows[name].name if name in self.flows else self.value(name)
            for name in self.old.outputs
        ]
        kept = [state.output for state in self.states.values()]
        made = self.b.graph([*outputs, *kept])
        tensors = {**made.tensors, **{n: self.b.tensors[n] for n in self.states}}
        made = replace(
            made, outputs=tuple(outputs), states=self.states, tensors=tensors
        )
        check(made)
        return Streamed(
            graph=made,
            windows=self.windows,
            macs=sum(macs_of(made, node) for node in made.nodes),
            macs_whole=sum(macs_of(self.old, node) for node in self.old.nodes),
        )

    # ---- values ----

    def value(self, name: str) -> str:
        """Name of a whole value: gathered from hops if it flows."""
        if name in self.whole:
            return self.whole[name]
        if name in self.old.constants:
            own = self.old.tensors[name]
            self.whole[name] = self.b.constant(
                self.old.constants[name], scale=own.scale, zero=own.zero
            )
            return self.whole[name]
        flow = self.flows[name]
        made = self.before(flow, flow.length - flow.hop, 0)
        self.whole[name] = made
        return made

    def before(self, flow: _Flow, n: int, start: float) -> str:
        """Put the `n` values before the new ones ahead of them, and remember."""
        if n <= 0:
            return flow.name
        own = self.b.tensors[flow.name]
        shape = list(own.shape)
        shape[flow.axis] = n
        name = f"state{len(self.states)}"
        while name in self.b.tensors:
            name += "_"
        self.b.tensors[name] = replace(own, shape=tuple(shape))
        both = self.b.concat([name, flow.name], flow.axis)
        strides = self.b.tensors[both].strides
        (last,) = self.b.emit(
            "copy", [both], self.b.tensors[name],
            {"steps": strides, "offset": flow.hop * strides[flow.axis]},
        )  # fmt: skip
        self.states[name] = State(last, np.full(shape, start, own.numpy))
        return both

    def keep(self, node: Node) -> bool:
        """Copy an operation that takes whole values."""
        inputs = [self.value(name) for name in node.inputs]
        kinds = [self.old.tensors[name] for name in node.outputs]
        made = self.b.emit(node.op, inputs, kinds, node.attrs)
        self.whole.update(zip(node.outputs, made, strict=True))
        return True

    def flow(
        self,
        node: Node,
        inputs: list[str],
        axis: int,
        hop: int,
        attrs: Mapping[str, Any],
    ) -> bool:
        """Emit an operation whose result flows."""
        own = self.old.tensors[node.outputs[0]]
        shape = list(own.shape)
        length, shape[axis] = shape[axis], hop
        kind = replace(own, shape=tuple(shape))
        (made,) = self.b.emit(node.op, inputs, kind, attrs)
        self.flows[node.outputs[0]] = _Flow(made, axis, hop, length)
        return True

    def same(self, node: Node) -> _Flow | None:
        """Return what all inputs but constants flow like; None if they differ."""
        found = [self.flows[name] for name in node.inputs if name in self.flows]
        rest = [name for name in node.inputs if name not in self.flows]
        first = found[0]
        alike = all(
            (f.axis, f.hop, f.length) == (first.axis, first.hop, first.length)
            for f in found
        )
        return first if alike and all(n in self.old.constants for n in rest) else None

    # ---- operations: True if the result flows ----

    def elements(self, node: Node) -> bool:
        first = self.same(node)
        own = self.old.tensors[node.outputs[0]].shape
        if first is None or own[first.axis] != first.length:
            return False
        inputs = []
        for name in node.inputs:
            if name in self.flows:
                if self.old.tensors[name].shape != own:
                    return False
                inputs.append(self.flows[name].name)
                continue
            other = self.old.tensors[name].shape
            at = first.axis - len(own) + len(other)
            if at >= 0 and other[at] != 1:
                return False
            inputs.append(self.value(name))
        return self.flow(node, inputs, first.axis, first.hop, node.attrs)

    def both(self, node: Node) -> bool:
        """Add or multiply two int8 values."""
        first = self.same(node)
        if first is None or any(name not in self.flows for name in node.inputs):
            return False
        inputs = [self.flows[name].name for name in node.inputs]
        return self.flow(node, inputs, first.axis, first.hop, node.attrs)

    def concat(self, node: Node) -> bool:
        first = self.same(node)
        axis = int(node.attrs["axis"])
        if first is None or axis == first.axis:
            return False
        if any(name not in self.flows for name in node.inputs):
            return False
        inputs = [self.flows[name].name for name in node.inputs]
        return self.flow(node, inputs, first.axis, first.hop, node.attrs)

    def copy(self, node: Node) -> bool:
        """Turn axes, or take the last samples, of the new part."""
        flow = self.flows[node.inputs[0]]
        source, y = self.old.tensors[node.inputs[0]], self.old.tensors[node.outputs[0]]
        new = self.b.tensors[flow.name]
        offset = [
            int(at) for at in np.unravel_index(node.attrs["offset"], source.shape)
        ]
        steps, time = [], None
        for at, (step, length) in enumerate(
            zip(node.attrs["steps"], y.shape, strict=True)
        ):
            axis, times = _axis_of(source, step, length)
            if axis is None:
                return False
            if axis == flow.axis and length > 1 and times:
                if time is not None or times != 1:
                    return False
                time = at
            steps.append(times * new.strides[axis])
        ahead = flow.length - flow.hop
        if time is not None and y.shape[time] == flow.length:
            place = sum(o * s for o, s in zip(offset, new.strides, strict=True))
            attrs = {"steps": tuple(steps), "offset": place}
            return self.flow(node, [flow.name], time, flow.hop, attrs)
        if offset[flow.axis] < ahead:
            return False
        offset[flow.axis] -= ahead
        place = sum(o * s for o, s in zip(offset, new.strides, strict=True))
        attrs = {"steps": tuple(steps), "offset": place}
        (made,) = self.b.emit("copy", [flow.name], y, attrs)
        self.whole[node.outputs[0]] = made
        return True

    def reshape(self, node: Node) -> bool:
        """Follow the samples to the axis where they stand as before."""
        flow = self.flows[node.inputs[0]]
        source, y = self.old.tensors[node.inputs[0]], self.old.tensors[node.outputs[0]]
        stride = source.strides[flow.axis]
        for axis, (own, length) in enumerate(zip(y.strides, y.shape, strict=True)):
            if own == stride and length == flow.length:
                return self.flow(node, [flow.name], axis, flow.hop, node.attrs)
        return False

    def take(self, node: Node) -> bool:
        """Take samples of the new part by their numbers."""
        flow = self.flows.get(node.inputs[0])
        numbers = self.old.constants.get(node.inputs[1])
        if flow is None or numbers is None or node.attrs["axis"] != flow.axis:
            return False
        places = numbers % flow.length - (flow.length - flow.hop)
        if not numbers.size or places.min() < 0:
            return False
        inputs = [flow.name, self.b.constant(places.astype(np.int64))]
        y = self.old.tensors[node.outputs[0]]
        (self.whole[node.outputs[0]],) = self.b.emit("take", inputs, y, node.attrs)
        return True

    def window(self, node: Node) -> bool:
        """Convolve or pool channels-first float32 data."""
        flow = self.flows[node.inputs[0]]
        own, y = (self.old.tensors[n].shape for n in (node.inputs[0], node.outputs[0]))
        if len(own) != 3 or flow.axis != 2 or len(node.outputs) > 1:
            return False
        kernel = (
            self.old.tensors[node.inputs[1]].shape[2:]
            if node.op == "conv"
            else tuple(node.attrs["kernel"])
        )
        if node.op == "pool" and (
            any(node.attrs["before"]) or any(node.attrs["after"])
        ):
            return False
        names = ("strides", "dilations", "before")
        stride, dilation, pad = (int(node.attrs[name][0]) for name in names)
        reach = (int(kernel[0]) - 1) * dilation + 1
        n = self.reach(node, flow, y[2], reach, stride, pad)
        attrs = {**node.attrs, "before": (min(n, 0),)}
        hop = flow.hop // stride
        if node.op == "pool":
            attrs["outs"] = (hop,)
        inputs = [self.before(flow, n, 0), *map(self.value, node.inputs[1:])]
        return self.flow(node, inputs, 2, hop, attrs)

    def window_s8(self, node: Node) -> bool:
        """Convolve or pool int8 images of one row."""
        flow = self.flows[node.inputs[0]]
        shape = dict(node.attrs["window"])
        if shape["input_h"] != 1 or flow.axis != 2:
            return False
        stride, pad = shape["stride_w"], shape["pad_w"]
        if node.op == "int8_pool" and pad:
            return False
        reach = (shape["kernel_w"] - 1) * shape["dilation_w"] + 1
        n = self.reach(node, flow, shape["output_w"], reach, stride, pad)
        if n < 0:
            return False
        hop = flow.hop // stride
        shape |= {"input_w": n + flow.hop, "output_w": hop, "pad_w": 0}
        start = self.old.tensors[node.inputs[0]].zero
        inputs = [self.before(flow, n, start), *map(self.value, node.inputs[1:])]
        return self.flow(node, inputs, 2, hop, {**node.attrs, "window": shape})

    def reach(
        self, node: Node, flow: _Flow, outs: int, reach: int, stride: int, pad: int
    ) -> int:
        """Count the values before a hop that its results need; negative: leave out."""
        rest = flow.length + pad - ((outs - 1) * stride + reach)
        if rest < 0:
            raise node.refuse("looks ahead in time, expected zeros in front only")
        if flow.hop % stride or rest >= stride:
            raise node.refuse(f"a stride of {stride} in a hop of {flow.hop} values")
        n = reach + rest - stride
        if pad not in (0, n):
            raise node.refuse(f"{pad} zeros in front, expected none or {n}")
        self.windows = self.windows and (pad == 0)
        return n


def _axis_of(source: Tensor, step: int, length: int) -> tuple[int | None, int]:
    """Axis that a step walks along, and how many at once."""
    if step == 0 or length == 1 or not source.size:
        return 0, 0
    for axis, (own, size) in enumerate(zip(source.strides, source.shape, strict=True)):
        if step > 0 and step % own == 0 and (length - 1) * (step // own) < size:
            return axis, step // own
    return None, 0


_RULES = {
    "cast": _Streaming.elements,
    "concat": _Streaming.concat,
    "conv": _Streaming.window,
    "copy": _Streaming.copy,
    "int8_add": _Streaming.both,
    "int8_conv": _Streaming.window_s8,
    "int8_depthwise": _Streaming.window_s8,
    "int8_from_real": _Streaming.elements,
    "int8_mul": _Streaming.both,
    "int8_pool": _Streaming.window_s8,
    "int8_table": _Streaming.elements,
    "int8_to_real": _Streaming.elements,
    "map": _Streaming.elements,
    "pool": _Streaming.window,
    "reshape": _Streaming.reshape,
    "take": _Streaming.take,
}
"""What to do with an operation that new values flow into; else it takes whole ones."""
