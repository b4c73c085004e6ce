"""The transforms of a package as C constants: plans, and each table once."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ecmkit._core import fft
from ecmkit.graph.c_writer import float_literal

__all__ = ["table_c", "transforms_c"]


def transforms_c(lengths: Mapping[str, tuple[int, bool]]) -> str:
    """Write ``ecm_fft_plan_t`` constants.

    Parameters
    ----------
    lengths : mapping of str to (int, bool)
        Complex elements by the name of the plan, and whether it is for real data too.

    Returns
    -------
    str
        C99 with the bits of `fft.Plan`. Tables that plans have in common are written
        once, and the linker keeps those that something uses.

    Raises
    ------
    ValueError
        If a length is not supported.
    """
    tables: dict[str, str] = {}
    plans = [_plan(name, n, real, tables) for name, (n, real) in lengths.items()]
    return "\n".join([*tables.values(), *plans])


def _plan(name: str, n: int, real: bool, tables: dict[str, str]) -> str:
    """One plan; adds the tables that it needs."""
    plan = fft.Plan(n, real)
    twiddles = plan.twiddles()
    rows, end = [], 0
    for radix, span, step, first in plan.passes():
        end = first + 2 * span * (radix - 1)
        table = f"package_twiddle_{radix}_{span}"
        tables.setdefault(table, table_c(table, twiddles[first:end]))
        rows.append(f"{{ecm_fft_pass{radix}_f32, {table}, {span}U, {step}U}},")
    half = "NULL"
    if real:
        half = f"package_half_{n}"
        tables.setdefault(half, table_c(half, twiddles[end:]))
    passes = "\n".join(f"        {row}" for row in rows)
    return (
        f"static const ecm_fft_plan_t {name} = {{\n"
        f"    .len = {n}U,\n"
        f"    .passes_len = {len(rows)}U,\n"
        + (f"    .pass = {{\n{passes}\n    }},\n" if rows else "")
        + f"    .half = {half},\n}};\n"
    )


def table_c(name: str, values: NDArray[np.float32]) -> str:
    """Write a constant array of floats; each row of `values` starts a line."""
    lines = [f"static const float {name}[{values.size}] = {{"]
    for row in np.atleast_2d(values):
        words = [f"{float_literal(v)}," for v in row.tolist()]
        lines += [f"    {' '.join(words[i : i + 5])}" for i in range(0, len(words), 5)]
    return "\n".join([*lines, "};\n"])
