"""Rewrites of a program that keep its meaning and save memory or work."""

from dataclasses import replace

import numpy as np

from ecmkit.graph.program import Op, Program, Scale

__all__ = ["fold_scales", "remove_unused"]


def fold_scales(program: Program) -> Program:
    """Merge a scaler into the scaler before it, where nothing else reads that one.

    Notes
    -----
    ``((x - m1) s1 - m2) s2 = (x - (m1 + m2 / s1)) (s1 s2)``, computed in float64 and
    rounded once; a pair with a factor of zero stays as it is.
    """
    ops: list[Op] = []
    for op in program.ops:
        last = ops[-1] if ops else None
        if (
            isinstance(op, Scale)
            and isinstance(last, Scale)
            and op.x == last.y
            and program.uses(last.y) == 1
            and bool(np.all(last.inv_sd))
        ):
            ops[-1] = _merged(last, op)
        else:
            ops.append(op)
    return _with_ops(program, ops)


def remove_unused(program: Program) -> Program:
    """Drop operations whose result nobody reads."""
    wanted, kept = {program.output}, []
    for op in reversed(program.ops):
        if op.y in wanted:
            wanted.update(op.inputs)
            kept.append(op)
    return _with_ops(program, kept[::-1])


def _merged(first: Scale, second: Scale) -> Scale:
    s1, s2 = first.inv_sd.astype(np.float64), second.inv_sd.astype(np.float64)
    mean = first.mean + second.mean / s1
    return Scale(
        x=first.x,
        y=second.y,
        mean=mean.astype(np.float32),
        inv_sd=(s1 * s2).astype(np.float32),
    )


def _with_ops(program: Program, ops: list[Op]) -> Program:
    names = {program.input, *(op.y for op in ops)}
    widths = {name: n for name, n in program.widths.items() if name in names}
    return replace(program, ops=tuple(ops), widths=widths)
