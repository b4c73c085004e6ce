"""What goes into the registry: trainings, and versions with card and served form."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

import ecmkit
from ecmkit import evaluate, graph, package
from ecmkit.features import FeatureTable
from ecmkit.flow import judge
from ecmkit.flow.cache import code_hash
from ecmkit.flow.context import Context
from ecmkit.flow.learn import Learnt
from ecmkit.flow.records import ModelResult
from ecmkit.formats import content_hash
from ecmkit.registry import TrainingRecord, open_tracker

__all__ = ["log_training", "register"]


def log_training(
    context: Context,
    one: Learnt,
    result: ModelResult,
    learn_from: FeatureTable,
    test_on: FeatureTable,
    importance: Sequence[evaluate.Importance],
    *,
    data_hash: str,
    title: str,
) -> str:
    """Tell the registry, and the project's tracker, what was trained on what.

    Parameters
    ----------
    context : Context
        The run.
    one : Learnt
        The model.
    result : ModelResult
        Its figures on held-out windows.
    learn_from, test_on : FeatureTable
        Windows of different recordings.
    importance : sequence of Importance
        Of the features, on held-out windows; may be empty.
    data_hash : str
        Hash of the recordings behind `learn_from`.
    title : str
        Such as ``champion``.

    Returns
    -------
    str
        Id of the run in the registry.
    """
    files = {
        f"{one.model.name}.onnx": one.model.onnx,
    }
    if one.compiled.kind != "values":
        files["confusion.png"] = _confusion(context, one, learn_from, test_on)
    if one.model.curves:
        files["curves.png"] = evaluate.curve_figure(one.model.curves)
    if importance:
        files["importance.json"] = msgspec.json.encode(importance)
        files["importance.png"] = evaluate.importance_figure(importance)
    record = TrainingRecord(
        name=one.model.name,
        family=one.model.family,
        params=one.model.params,
        metrics=result.metrics,
        data_hash=data_hash,
        plan_hash=content_hash(context.plan),
        contract_id=one.model.contract_id,
        table_hash=one.model.table_hash,
        model_hash=one.model.hash,
        code_version=f"{ecmkit.__version__} {code_hash()[:12]}",
        seed=one.model.seed,
    )
    run_id = context.registry.log_training(record, files=files, curves=one.model.curves)
    own = context.project
    name = f"{title}-{one.model.name}"
    with open_tracker(
        own.tracker, project=own.name, run=name, place=context.runs
    ) as kept:
        kept.log_params(record.params)
        kept.log_metrics(record.metrics)
        kept.log_files(files)
    return run_id


def register(
    context: Context,
    models: Sequence[graph.CompiledModel],
    pack: package.Package,
    *,
    run_id: str,
    card: str,
) -> int:
    """Add a package to the registry as the next version of the project's model.

    Parameters
    ----------
    context : Context
        The run.
    models : sequence of CompiledModel
        Of the package; an MLflow server can serve them.
    pack : Package
        What is released.
    run_id : str
        Training of its classifier.
    card : str
        Its model card.

    Returns
    -------
    int
        Version, from 1.
    """
    with tempfile.TemporaryDirectory(prefix="ecmkit-served-") as place:
        served = Path(place, "model")
        graph.write_pyfunc(
            served,
            models,
            features=context.tables["train"].names,
            contract_id=context.contract.id,
        )
        return context.registry.register(
            context.project.name,
            run_id=run_id,
            package_dir=pack.path,
            served_dir=served,
            card=card,
        )


def _confusion(
    context: Context, one: Learnt, learn_from: FeatureTable, test_on: FeatureTable
) -> bytes:
    """Draw the confusion matrix of a compiled model on held-out windows."""
    if one.compiled.kind == "class":
        return evaluate.confusion_figure(
            judge.confusion(one, test_on),
            classes=one.compiled.outputs,
            title="held-out windows",
        )
    return evaluate.confusion_figure(
        judge.suspicion(one, context.project, learn_from, test_on),
        classes=judge.SUSPICIONS,
        title=f"held-out windows\n({judge.SUSPECTED:.0%} of those learnt are strange)",
    )
