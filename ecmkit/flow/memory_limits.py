"""Models that surely do not fit the memories of the target, before any training."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from ecmkit import compress, train
from ecmkit.errors import BuildError, saying
from ecmkit.features import FeatureTable
from ecmkit.flow import learn
from ecmkit.flow.context import Context
from ecmkit.flow.project import Model, Project
from ecmkit.graph import CompiledModel
from ecmkit.targets import Target

__all__ = ["memory_limits", "require_fit"]

_KIB = 1024
_FREE = ("epochs", "budget_points")
"""Settings of a compression that make nothing smaller."""

Limit = tuple[int, str]
"""Bytes, and what sets them."""


def require_fit(context: Context, learn_from: FeatureTable) -> None:
    """Refuse models that cannot fit the targets or the budget, whatever they learn.

    Parameters
    ----------
    context : Context
        The run.
    learn_from : FeatureTable
        Windows of the training side.

    Raises
    ------
    BuildError
        If the tables of the models, or queue and work memory, are larger than a memory
        or than the budget; names the fields, the bytes and the limit.
    FormatError
        If what a model's options give has no form on the device; names the field.
    ValueError
        From a family, if an option is out of range; names the field.
    """
    project, boards = context.project, (context.target, *context.proofs)
    targets = learn.targets(project, context.life)

    def build(folder: Path) -> None:
        del folder  # that it fits is all that there is to keep
        context.progress("train", "memory of the target")
        _check(context, learn_from, targets, boards)

    context.cache.stage(
        "memory",
        project.train,
        project.queue,
        project.gate,
        context.contract,
        boards,
        learn_from.hash,
        *([targets] if targets else []),
        build=build,
        load=lambda folder: None,
    )


def _check(
    context: Context,
    learn_from: FeatureTable,
    targets: Mapping[str, float],
    boards: tuple[Target, ...],
) -> None:
    project = context.project
    found: dict[str, dict[str, int]] = {}
    words: dict[str, str] = {}
    for name, model in project.train.models.items():
        with saying(f"`train.{name}`"):
            rows = learn.rows_of(learn_from, model, targets)
            smallest = train.lower_bound(
                rows,
                family=model.family,
                features=model.features,
                name=name,
                **model.options,
            )
        if smallest is not None and not _made_smaller(model):
            found[name], words[name] = smallest.cost(_bytes), smallest.what
    queue = len(context.contract.channels) * (
        project.queue.ring_len(context.contract)
        * project.queue.sample_bytes(context.contract)
    )
    for target in boards:
        limits = memory_limits(project, target)
        _require(
            "flash", {name: own["flash"] for name, own in found.items()},
            words, limits["flash"], target,
        )  # fmt: skip
        work = {name: own["work"] for name, own in found.items()}
        most = max(work, key=lambda name: work[name], default=None)
        _require(
            "ram",
            {"queue": queue} | ({most: work[most]} if most is not None else {}),
            words, limits["ram"], target,
        )  # fmt: skip


def memory_limits(project: Project, target: Target) -> dict[str, Limit]:
    """Return the bytes of flash and RAM that there are, and what says so.

    Parameters
    ----------
    project : Project
        Its budget.
    target : Target
        Its memories.

    Returns
    -------
    dict of str to tuple of int and str
        For ``flash`` and ``ram``.
    """
    made = {}
    for name in ("flash", "ram"):
        memory: int = getattr(target, name).bytes
        budget = getattr(project.gate, f"{name}_kib")
        made[name] = memory, f"the {name} of {target.name}"
        if budget is not None and budget * _KIB < memory:
            made[name] = int(budget * _KIB), f"`gate.{name}_kib` = {budget:g}"
    return made


def _bytes(compiled: CompiledModel) -> dict[str, int]:
    return {"flash": compiled.flash_bytes, "work": compiled.work_bytes}


def _made_smaller(model: Model) -> bool:
    """Whether a compression makes it smaller by what only training tells."""
    usual = compress.Recipe()
    kept = {name: getattr(usual, name) for name in _FREE}
    return msgspec.structs.replace(model.compression, **kept) != usual


def _require(
    what: str,
    parts: Mapping[str, int],
    words: Mapping[str, str],
    limit: Limit,
    target: Target,
) -> None:
    total = sum(parts.values())
    if total <= limit[0]:
        return
    told = [
        f"`train.{name}` {size:,} ({words[name]})" if name in words else
        f"`{name}` {size:,}"
        for name, size in sorted(parts.items(), key=lambda pair: -pair[1])
    ]  # fmt: skip
    raise BuildError(
        f"cannot fit {target.name}, so nothing is trained: {what} of {total:,} bytes "
        f"at least, expected at most {limit[0]:,}, {limit[1]}; {', '.join(told)}"
    )
