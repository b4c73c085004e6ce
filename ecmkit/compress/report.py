"""What a step of compression gains and costs: before and after, on held-out groups."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit.errors import EcmError
from ecmkit.features.table import FeatureTable
from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.train import TrainedModel

__all__ = ["BudgetError", "Figures", "Step", "judge", "markdown", "points_of"]

Cost = Callable[[CompiledModel], ModelCost]
"""What a compiled model costs on the target: the emulator, or a cost model."""


class BudgetError(EcmError):
    """A step lost more than its budget; `step` has the figures."""

    def __init__(self, step: "Step") -> None:
        self.step = step
        super().__init__(step.verdict)


class Figures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model as it runs on the device."""

    points: float
    """Of `points_of`, by the compiled C; the more the better."""
    cost: ModelCost


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of compression, on rows that the model has not learnt from."""

    name: str
    """Such as ``prune 75 % in blocks``."""
    metric: str
    """What `Figures.points` are."""
    before: Figures
    after: Figures
    budget_points: float | None = None
    """Most points that may be lost."""
    blamed: str = ""
    """The layer that costs most of what is lost, if anything is."""

    @property
    def lost_points(self) -> float:
        """Points that the step costs; below 0 if it gains."""
        return self.before.points - self.after.points

    @property
    def passed(self) -> bool:
        """Whether it is within its budget."""
        return self.budget_points is None or self.lost_points <= self.budget_points

    @property
    def verdict(self) -> str:
        """One line for people."""
        budget = "" if self.budget_points is None else f", budget {self.budget_points}"
        blamed = f"; most of it in layer {self.blamed!r}" if self.blamed else ""
        return (
            f"{self.name}: {self.metric} {self.before.points:.2f} to "
            f"{self.after.points:.2f}, {self.lost_points:.2f} points lost"
            f"{budget}{blamed}"
        )


def points_of(
    model: TrainedModel,
    table: FeatureTable,
    *,
    compiled: CompiledModel | None = None,
    found: NDArray[np.float32] | None = None,
    normal: Sequence[str] = (),
) -> tuple[float, str]:
    """Judge a model by its compiled C.

    Parameters
    ----------
    model : TrainedModel
        Of any kind.
    table : FeatureTable
        Rows that it has not learnt from; labels for ``class`` and ``score``, a target
        for ``values``.
    compiled : CompiledModel, optional
        Its C, if it is there already.
    found : ndarray of float32, shape (n, n_outputs), optional
        Its results, if they are there already.
    normal : sequence of str
        Labels that a score is to call normal.

    Returns
    -------
    points : float
        Balanced accuracy [%] of classes; area under the ROC curve [%] of a score; for
        values, minus the root mean squared error in percent of the target's standard
        deviation. A point lost is one percent in each.
    metric : str
        Its name.

    Raises
    ------
    ValueError
        If the table has no target, or a score has not both normal rows and others.
    """
    from sklearn.metrics import balanced_accuracy_score, roc_auc_score

    if found is None:
        found = (compiled or model.compile()).predict(table.x)
    if model.kind == "class":
        names = np.array(model.outputs)[np.argmax(found, axis=1)]
        score = balanced_accuracy_score(table.label, names)
        return 100.0 * float(score), "balanced accuracy [%]"
    if model.kind == "values":
        if table.target is None:
            raise ValueError("table: found no target, expected one to judge values by")
        target = table.target.astype(np.float64)
        error = float(np.sqrt(np.mean(np.square(found[:, 0] - target))))
        return -100.0 * error / (
            float(target.std()) or 1.0
        ), "minus RMSE [% of the target's deviation]"
    strange = ~np.isin(table.label, list(normal))
    if not strange.any() or strange.all():
        raise ValueError(
            f"normal: found {list(normal)}, expected labels that some rows of the "
            f"table have and others have not ({', '.join(np.unique(table.label))})"
        )
    return 100.0 * float(roc_auc_score(strange, found[:, 0])), "ROC AUC [%]"


def judge(
    name: str,
    before: TrainedModel,
    after: TrainedModel,
    table: FeatureTable,
    *,
    cost: Cost,
    budget_points: float | None = None,
    normal: Sequence[str] = (),
    blame: Callable[[], str] | None = None,
) -> Step:
    """Compare two models on held-out rows and on the target.

    Parameters
    ----------
    name : str
        Of the step, for people.
    before, after : TrainedModel
        What the step took and what it made.
    table : FeatureTable
        Rows of groups (machines, recordings) that neither has learnt from.
    cost : callable
        Of a compiled model: `ecmkit.bench.model_cost` or a cost model, for a target.
    budget_points : float, optional
        Most points that may be lost.
    normal : sequence of str
        See `points_of`.
    blame : callable, optional
        Names the layer that did it; asked only if the budget is missed.

    Returns
    -------
    Step

    Raises
    ------
    BudgetError
        If more than the budget is lost; names the layer.
    """
    figures, metric = [], ""
    for model in (before, after):
        compiled = model.compile()
        points, metric = points_of(model, table, compiled=compiled, normal=normal)
        figures.append(Figures(points=points, cost=cost(compiled)))
    step = Step(
        name=name,
        metric=metric,
        before=figures[0],
        after=figures[1],
        budget_points=budget_points,
    )
    if not step.passed:
        raise BudgetError(
            msgspec.structs.replace(step, blamed=blame() if blame is not None else "")
        )
    return step


def markdown(steps: Sequence[Step]) -> str:
    """Write steps as a table, each against the model that it took.

    Examples
    --------
    >>> print(markdown([]))
    | step | points | flash [B] | RAM [B] | instructions |
    | --- | ---: | ---: | ---: | ---: |
    """
    lines = [
        "| step | points | flash [B] | RAM [B] | instructions |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for at, step in enumerate(steps):
        if at == 0 or step.before != steps[at - 1].after:
            lines.append(_row("before", step.before))
        lines.append(_row(step.name, step.after))
    return "\n".join(lines)


def _row(name: str, figures: Figures) -> str:
    cost = figures.cost
    numbers = (cost.flash_bytes, cost.ram_bytes, cost.instructions)
    cells = " | ".join(f"{n:,}" for n in numbers)
    return f"| {name} | {figures.points:.2f} | {cells} ({cost.label}) |"
