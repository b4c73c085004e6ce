"""One candidate: columns, family, options, compression; its cost and its score."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from inspect import signature
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit import train
from ecmkit.compress import nested, points_of
from ecmkit.features import FeatureTable
from ecmkit.graph import CompiledModel, ModelCost
from ecmkit.train.bounds import PROBES, TREES

__all__ = ["Candidate", "Compress", "CostOf", "Problem", "score_of"]

_CALIBRATION = 16
"""Rows from which an untrained network is quantised: its cost does not depend on
them."""
_ROWS = 32
"""On which a compiled model is run to count."""
_ALIKE = ("extra-trees", "forest-regression", "isolation-forest", "random-forest")
"""Families of trees that are alike: the costs of few tell that of many."""

CostOf = Callable[[CompiledModel, NDArray[np.float32]], ModelCost]
"""Cost of a compiled model on rows, such as `CostModel.predict` of a target."""
Compress = Callable[
    [train.TrainedModel, FeatureTable, Mapping[str, Any]], train.TrainedModel
]
"""Compression of a trained model: the windows that it learnt from, and options."""


class Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is trained and judged."""

    family: str
    columns: tuple[str, ...] = ("*",)
    """Shell patterns of the features that it reads."""
    options: dict[str, Any] = {}
    """Of the family, training included."""
    compression: dict[str, Any] = {}
    """Of the callable that compresses; empty if there is none."""

    def toml(self, model: str = "classifier") -> str:
        """Write it as ``[train.<model>]`` of a project file.

        Examples
        --------
        >>> print(Candidate(family="random-forest", options={"n_trees": 12}).toml())
        [train.classifier]
        family = "random-forest"
        <BLANKLINE>
        [train.classifier.options]
        n_trees = 12
        """
        table: dict[str, Any] = {"family": self.family}
        if self.columns != ("*",):
            table["features"] = list(self.columns)
        lines = [f"[train.{model}]", *map(_assigned, table.items())]
        if self.options:
            lines += ["", f"[train.{model}.options]"]
            lines += map(_assigned, self.options.items())
        if self.compression:
            lines += ["", f"[train.{model}.compression]"]
            lines += map(_assigned, nested(self.compression).items())
        return "\n".join(lines)


def _assigned(pair: tuple[str, Any]) -> str:
    name, value = pair
    if isinstance(value, dict):
        return f"{name} = {{ {', '.join(map(_assigned, value.items()))} }}"
    text = msgspec.json.encode(value).decode()
    return f"{name} = {text}"


def score_of(
    model: train.TrainedModel, table: FeatureTable, found: NDArray[np.float32]
) -> float:
    """Score of what a model found: larger is better.

    Parameters
    ----------
    model : TrainedModel
        Of kind ``class`` or ``values``.
    table : FeatureTable
        Held-out windows.
    found : ndarray of float32, shape (n_windows, n_outputs)
        Its results.

    Returns
    -------
    float
        Balanced accuracy of a classifier over the classes that are there; of a
        regression 1 minus its root mean squared error over the target's spread about
        its mean, 0 for what always says the mean.

    Raises
    ------
    ValueError
        If it is a detector, whose score needs to know what is normal: hand another
        function to `Problem`.
    """
    if model.kind == "score":
        raise ValueError(
            f"{model.family}: kind score, expected class, or values beside a target"
        )
    points, _ = points_of(model, table, found=found)
    return points / 100.0 + (model.kind == "values")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What candidates are trained on, and how they are judged."""

    table: FeatureTable
    folds: Sequence[tuple[NDArray[np.bool_], NDArray[np.bool_]]]
    """Rows that are learnt from and rows that are tested on, group by group."""
    cost: CostOf
    seed: int = 0
    score: Callable[[train.TrainedModel, FeatureTable, NDArray[np.float32]], float] = (
        score_of
    )
    compress: Compress | None = None
    column_cost: Callable[[Sequence[str]], ModelCost] | None = None
    """Cost of the features of some patterns, which is added to the model's."""
    fixed: Mapping[str, Any] = dataclass_field(default_factory=dict)
    """Options of every candidate that has them, such as fewer ``epochs``."""

    def __post_init__(self) -> None:
        """Refuse folds in which nothing is learnt or tested, or a recording is both."""
        if not self.folds:
            raise ValueError("folds: found none, expected at least one")
        for at, (learn, test) in enumerate(self.folds):
            if not learn.any() or not test.any() or (learn & test).any():
                raise ValueError(
                    f"fold {at}: {learn.sum()} rows to learn from, {test.sum()} to "
                    f"test on, {(learn & test).sum()} in both; expected some, some, 0"
                )
            ids = self.table.recording
            both = set(ids[learn].tolist()) & set(ids[test].tolist())
            if both:
                raise ValueError(
                    f"fold {at}: recording {min(both)!r} is learnt from and tested on"
                )

    def options(self, candidate: Candidate) -> dict[str, Any]:
        """Options of a candidate, with the fixed ones that its family takes."""
        known = signature(train.function_of(candidate.family)).parameters
        extra = {k: v for k, v in self.fixed.items() if k in known}
        return extra | candidate.options

    def fitted(
        self, candidate: Candidate, table: FeatureTable, **more: Any
    ) -> train.TrainedModel:
        """Train a candidate, and compress it if it says so."""
        model = train.fit(
            table,
            family=candidate.family,
            seed=self.seed,
            features=candidate.columns,
            **(self.options(candidate) | more),
        )
        if self.compress is None or not candidate.compression:
            return model
        return self.compress(model, table, candidate.compression)

    def expected(self, candidate: Candidate) -> ModelCost:
        """Cost of a candidate that is not trained yet, its features included.

        Of a network that of one with random weights: exact as far as the cost model
        is. Of a forest that of two small ones, drawn out to its number of trees. Of
        anything else that of a short training.
        """
        table = self.table.rows(self.folds[0][0])
        if candidate.family in _ALIKE:
            option, usual = TREES[candidate.family]
            total = int(candidate.options.get(option, usual))
            few, more = (
                self._alone(self.fitted(candidate, table, **{option: n}), table)
                for n in PROBES
            )
            made = _drawn_out(few, more, (total - PROBES[0]) / 2)
        else:
            made = self._alone(self.untrained(candidate, table), table)
        return self._with_columns(candidate, made)

    def lower_bound(self, candidate: Candidate) -> ModelCost | None:
        """Cost that a candidate has at least, its features included, without training.

        None where nothing is known: of a family of another package, and of what is made
        smaller afterwards; and of a network, which `expected` trains no more than this.
        See `ecmkit.train.lower_bound`.
        """
        function = train.families()[candidate.family].rpartition(":")[2]
        if candidate.compression or function == "fit_network":
            return None
        table = self.table.rows(self.folds[0][0])
        smallest = train.lower_bound(
            table,
            family=candidate.family,
            features=candidate.columns,
            **self.options(candidate),
        )
        if smallest is None:
            return None
        some = self._some(table)
        costs = [self.cost(model, some) for model in smallest.models]
        made = _drawn_out(costs[0], costs[-1], smallest.steps)
        return self._with_columns(candidate, made)

    def actual(
        self,
        candidate: Candidate,
        model: train.TrainedModel,
        exact: CostOf | None = None,
    ) -> ModelCost:
        """Cost of a trained candidate and its features, by the cost model or exact."""
        cost = self._alone(model, self.table, exact)
        return self._with_columns(candidate, cost)

    def _alone(
        self,
        model: train.TrainedModel,
        table: FeatureTable,
        exact: CostOf | None = None,
    ) -> ModelCost:
        return (exact or self.cost)(model.compile(), self._some(table))

    def _some(self, table: FeatureTable) -> NDArray[np.float32]:
        return np.ascontiguousarray(table.x[:: max(len(table.x) // _ROWS, 1)])

    def untrained(
        self, candidate: Candidate, table: FeatureTable
    ) -> train.TrainedModel:
        """Model of a candidate as cheap as can be: it costs what a trained one does."""
        function = train.families()[candidate.family].rpartition(":")[2]
        options = self.options(candidate)
        if function != "fit_network":
            short = {"epochs": 1} if "epochs" in options or (
                "epochs" in signature(train.function_of(candidate.family)).parameters
            ) else {}  # fmt: skip
            return self.fitted(candidate, table, **short)
        own = signature(train.fit_network).parameters
        shape = table.shape or (len(table.names),)
        anomaly = candidate.family in ("autoencoder", "vae")
        regression = table.target is not None and not anomaly
        task: train.Task = (
            "anomaly" if anomaly else "regression" if regression else "classification"
        )
        classes = tuple(np.unique(table.label).tolist())
        n = len(classes) if task == "classification" else 1
        network = train.Network.new(
            candidate.family, shape, n, task, self.seed,
            **{k: v for k, v in options.items() if k not in own},
        ).scaled(table)  # fmt: skip
        chosen = np.zeros(len(table.x), bool)
        chosen[np.linspace(0, len(table.x) - 1, _CALIBRATION).astype(int)] = True
        few = table.rows(chosen)
        return train.model_of(
            network, few, classes=classes if task == "classification" else ()
        )

    def _with_columns(self, candidate: Candidate, cost: ModelCost) -> ModelCost:
        if self.column_cost is None:
            return cost
        more = self.column_cost(candidate.columns)
        return msgspec.structs.replace(
            cost,
            flash_bytes=cost.flash_bytes + more.flash_bytes,
            ram_bytes=cost.ram_bytes + more.ram_bytes,
            instructions=cost.instructions + more.instructions,
        )


def _drawn_out(few: ModelCost, more: ModelCost, steps: float) -> ModelCost:
    """Follow the line through two costs."""
    names = ("flash_bytes", "ram_bytes", "instructions")
    made = {}
    for name in names:
        start, step = getattr(few, name), getattr(more, name) - getattr(few, name)
        made[name] = max(round(start + steps * step), 0)
    return msgspec.structs.replace(few, **made)
