"""Knowledge distillation: a small network learns what a large model answers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ecmkit.compress.networks import classes_of
from ecmkit.features.table import FeatureTable
from ecmkit.train import TrainedModel, model_of
from ecmkit.train.autoencoder import held_out
from ecmkit.train.loop import train_network
from ecmkit.train.network import Network

__all__ = ["distil"]

_LEAST = 1e-4  # of a teacher's probability: a forest says 0 of what it has not seen


def distil(
    teacher: TrainedModel,
    student: Network,
    table: FeatureTable,
    *,
    seed: int,
    temperature: float = 3.0,
    share: float = 0.7,
    likeness: float = 0.0,
    held: NDArray[np.bool_] | None = None,
    int8: bool = True,
    name: str = "",
    **training: Any,
) -> TrainedModel:
    """Train a network on the answers of another model and on the truth.

    Parameters
    ----------
    teacher : TrainedModel
        Of kind ``class`` or ``values``; of any family, a forest too.
    student : Network
        Untrained, such as `Network.new`; it has the teacher's number of outputs.
    table : FeatureTable
        Rows to learn from, and those held out. The teacher may answer rows that carry
        no good label.
    seed : int
        Decides all randomness.
    temperature : float
        Softens the probabilities of teacher and student, so that what is nearly 0
        counts too; above 0.
    share : float
        Of the teacher's answers in the loss, 0 to 1; the rest is the truth.
    likeness : float
        Weight of a further loss if the teacher is a network too: rows that are alike to
        the teacher's last features are to be alike to the student's. 0 leaves it out.
    held : ndarray of bool, optional
        See `train_network`.
    int8 : bool
        Whether the result carries windows for quantisation.
    name : str
        C identifier of the model; the teacher's if empty.
    **training
        Of `train_network`, such as ``epochs``.

    Returns
    -------
    TrainedModel

    Raises
    ------
    ValueError
        If a setting is out of range, or teacher and student do not fit.

    References
    ----------
    G. Hinton et al., arXiv:1503.02531 (2015); F. Tung and G. Mori,
    Similarity-preserving knowledge distillation, ICCV 2019, arXiv:1907.09682.
    """
    _check(teacher, student, temperature, share, likeness)
    mask = held_out(table) if held is None else np.asarray(held, bool)
    scaled = student.scaled(table.rows(~mask))
    loss = _Loss(teacher, table, temperature, share, likeness, scaled.target_sd)
    trained = train_network(
        scaled,
        table,
        seed=seed,
        held=mask,
        classes=classes_of(teacher),
        loss=loss,
        prepare=loss.watch,
        **training,
    )
    params = {
        "teacher": f"{teacher.family} {teacher.hash[:12]}",
        "temperature": str(temperature),
        "share": str(share),
        "likeness": str(likeness),
    } | {key: str(value) for key, value in training.items()}
    return model_of(
        trained,
        table,
        name=name or teacher.name,
        seed=seed,
        int8=int8,
        classes=classes_of(teacher),
        params=params,
    )


class _Loss:
    """Divergence from the teacher, error against the truth, likeness of features."""

    def __init__(
        self,
        teacher: TrainedModel,
        table: FeatureTable,
        temperature: float,
        share: float,
        likeness: float,
        unit: float,
    ) -> None:
        import torch

        self.torch = torch
        self.classes = teacher.kind == "class"
        self.temperature, self.share, self.unit = temperature, share, unit
        answers = teacher.predict(table.x)
        if self.classes:
            # The logits that a network would have had for these probabilities.
            answers = np.log(np.maximum(answers, _LEAST))
        self.answers = torch.from_numpy(np.ascontiguousarray(answers, np.float32))
        self.likeness = likeness
        self.seen: Any = None
        if likeness:
            assert teacher.network is not None
            self.known = _features(teacher.network, table)

    def watch(self, module: Any) -> None:
        """Keep what enters the last layer of the student."""
        if self.likeness:
            _last_layer(module).register_forward_pre_hook(self._keep)

    def _keep(self, layer: Any, inputs: Any) -> None:
        self.seen = inputs[0]

    def __call__(self, out: Any, y: Any, rows: Any) -> Any:
        functional = self.torch.nn.functional
        wanted = self.answers[rows].to(out.device)
        if self.classes:
            t = self.temperature
            soft = functional.kl_div(
                functional.log_softmax(out / t, 1),
                functional.log_softmax(wanted / t, 1),
                reduction="batchmean",
                log_target=True,
            )
            # The gradient of softened outputs is smaller by the square (Hinton).
            loss = self.share * t * t * soft
            loss = loss + (1.0 - self.share) * functional.cross_entropy(out, y)
        else:
            loss = self.share * functional.mse_loss(out / self.unit, wanted / self.unit)
            truth = functional.mse_loss(out / self.unit, y / self.unit)
            loss = loss + (1.0 - self.share) * truth
        if self.likeness and self.seen is not None:
            known = self.known[rows].to(out.device)
            distance = (_alike(self.seen) - _alike(known)).square().mean()
            loss = loss + self.likeness * len(rows) * distance
        return loss


def _alike(features: Any) -> Any:
    """Products of rows with each other, each row of them of length 1."""
    flat = features.flatten(1)
    products = flat @ flat.T
    return products / products.norm(dim=1, keepdim=True).clamp(min=1e-12)


def _last_layer(module: Any) -> Any:
    import torch

    return [m for m in module.modules() if isinstance(m, torch.nn.Linear)][-1]


def _features(network: Network, table: FeatureTable) -> Any:
    """Return what enters the last layer of a trained network, for each row."""
    import torch

    module, kept = network.module(), list[Any]()
    _last_layer(module).register_forward_pre_hook(lambda layer, x: kept.append(x[0]))
    with torch.no_grad():
        module(torch.from_numpy(table.x.reshape(-1, *network.shape)))
    return kept[0].detach()


def _check(
    teacher: TrainedModel,
    student: Network,
    temperature: float,
    share: float,
    likeness: float,
) -> None:
    tasks = {"class": "classification", "values": "regression"}
    if tasks.get(teacher.kind) != student.task:
        raise ValueError(
            f"teacher of kind {teacher.kind!r} and student for {student.task}, "
            "expected 'class' and classification, or 'values' and regression"
        )
    if student.n_outputs != len(teacher.outputs):
        raise ValueError(
            f"student has {student.n_outputs} outputs, expected "
            f"{len(teacher.outputs)}, as the teacher"
        )
    if not temperature > 0.0 or not 0.0 <= share <= 1.0 or not likeness >= 0.0:
        raise ValueError(
            f"temperature {temperature}, share {share}, likeness {likeness}: expected "
            "above 0, 0 to 1, and 0 or more"
        )
    if likeness and teacher.network is None:
        raise ValueError(
            f"likeness {likeness} with a teacher of family {teacher.family!r}, "
            "expected a network: other models have no features"
        )
