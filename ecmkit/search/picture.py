"""The Pareto front as a picture."""

from pathlib import Path
from typing import Any

from ecmkit.search.front import SearchReport

__all__ = ["draw_front"]

_AXES = {
    "flash_bytes": ("flash [KiB]", 1 / 1024),
    "ram_bytes": ("RAM [KiB]", 1 / 1024),
    "instructions": ("instructions a window [thousand]", 1e-3),
}
_MARKS = "osD^vP*X"


def draw_front(report: SearchReport, path: str | Path) -> None:
    """Draw score over flash, RAM and instructions; the front is connected.

    Parameters
    ----------
    report : SearchReport
        With at least one trial that has a cost.
    path : Path
        ``.png`` or ``.svg``.

    Raises
    ------
    ValueError
        If no trial was judged.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    judged = [t for t in report.trials if t.scores and t.cost is not None]
    if not judged:
        raise ValueError(f"{report.name}: no trial was judged")
    figure = Figure(figsize=(11, 3.9), layout="constrained")
    FigureCanvasAgg(figure)
    families = sorted({t.candidate.family for t in judged})
    for at, (name, (label, unit)) in enumerate(_AXES.items()):
        axes = figure.add_subplot(1, 3, at + 1)
        for number, family in enumerate(families):
            mark, colour = _MARKS[number % len(_MARKS)], f"C{number}"
            for state, alpha, filled in (("done", 0.9, True), ("pruned", 0.5, False)):
                own = [t for t in judged if t.candidate.family == family]
                some = [t for t in own if t.state == state]
                axes.scatter(
                    [getattr(t.cost, name) * unit for t in some],
                    [t.score for t in some],
                    s=18,
                    marker=mark,
                    alpha=alpha,
                    linewidths=0.8,
                    edgecolors=colour,
                    facecolors=colour if filled else "none",
                    label=family if filled else None,
                )
        _front(axes, report, name, unit)
        limit = getattr(report.settings.limits, name)
        if limit is not None:
            axes.axvline(limit * unit, color="0.4", linestyle=":", label="limit")
        axes.set_xscale("log")
        axes.set_xlabel(label)
        axes.grid(alpha=0.25)
        if not at:
            axes.set_ylabel("score, mean of held-out groups")
            axes.legend(fontsize=8, loc="best")
    counts = ", ".join(f"{n} {state}" for state, n in report.counts.items())
    figure.suptitle(
        f"{report.name}: {counts}; open marks were pruned, crosses are compiled C",
        fontsize=10,
    )
    figure.savefig(path, dpi=130)


def _front(axes: Any, report: SearchReport, name: str, unit: float) -> None:
    found = sorted(report.front, key=lambda c: getattr(c.expected, name))
    best: list[Any] = []
    for one in found:  # the steps that this one cost alone has
        if not best or one.expected_score > best[-1].expected_score:
            best.append(one)
    axes.step(
        [getattr(c.expected, name) * unit for c in best],
        [c.expected_score for c in best],
        where="post",
        color="black",
        linewidth=1,
        label="front",
    )
    axes.scatter(
        [getattr(c.cost, name) * unit for c in found],
        [c.score for c in found],
        marker="x",
        color="black",
        s=26,
        linewidths=1,
        zorder=3,
        label="compiled, emulated",
    )
