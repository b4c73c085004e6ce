"""Answer a retraining request: a new model, and the proof that it is better."""

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from ecmkit import bench, data, evaluate
from ecmkit.features import FeatureTable
from ecmkit.flow import learn, operate, registration, release, store
from ecmkit.flow.card import write_card
from ecmkit.flow.context import Context
from ecmkit.flow.release import Gated, Judged
from ecmkit.flow.service import Served, divide
from ecmkit.formats import content_hash

__all__ = ["Closed", "close_stage"]


@dataclass(frozen=True, kw_only=True)
class Closed:
    """The challenger and the decision."""

    changed: evaluate.Comparison | None
    known: evaluate.Comparison | None
    promoted: bool
    challenger_version: int | None
    reason: str
    rival: Gated | None
    """The challenger's package; None if none was made."""
    champion: Gated
    """Whichever package is champion now."""
    card: str
    """Its model card."""


def close_stage(context: Context, gated: Gated, served: Served, *, card: str) -> Closed:
    """Answer the request: learn from old and new, gate, compare, promote if better.

    Parameters
    ----------
    context : Context
        The run.
    gated : Gated
        The champion's package.
    served : Served
        What was asked for.
    card : str
        Model card of the champion.

    Returns
    -------
    Closed
    """
    if not served.request:
        return _unanswered(
            gated, card, "no drift was found, so no new model was asked for"
        )
    share = context.project.operate.learn_share
    fresh, held = divide(context.life["after"], share)
    if len({r.info.id for r in held}) < 2:
        return _unanswered(
            gated,
            card,
            f"{len(held)} recordings of the changed machine to judge on, expected 2",
        )
    rows = context.tables["after"]
    new = rows.rows(np.isin(rows.recording, [r.info.id for r in fresh]))
    learn_new, reference_new = learn_and_reference(
        new, 0.75, span_len=context.plan.span_len
    )
    learn_old, _ = context.split.masks(context.tables["train"].recording)
    learn_from = join(context.tables["train"].rows(learn_old), learn_new)
    test_on = rows.rows(np.isin(rows.recording, [r.info.id for r in held]))
    challenger = release.train_stage(
        context,
        learn_from,
        test_on,
        data_hash=content_hash(context.life["train"].hash, fresh.hash),
        title="challenger",
    )
    labels = context.project.drift.labels
    reference = join(context.tables["reference"], reference_new)
    other = release.package_stage(
        context, challenger, learn.known_rows(reference, labels), title="challenger"
    )
    rival = release.gate_stage(context, other, fresh, title="challenger", before=gated)
    return _decide(context, gated, challenger, rival, (fresh, held), served, card)


def _unanswered(gated: Gated, card: str, reason: str) -> Closed:
    return Closed(
        changed=None,
        known=None,
        promoted=False,
        challenger_version=None,
        reason=reason,
        rival=None,
        champion=gated,
        card=card,
    )


def learn_and_reference(
    table: FeatureTable, share: float, *, span_len: int
) -> tuple[FeatureTable, FeatureTable]:
    """Divide rows so that no sample is in rows of both sides.

    Whole recordings, class by class and in their order; the only recording of a class
    is cut in time, and the rows that reach over the cut are left out.
    """
    first = np.zeros(len(table.x), bool)
    last = np.zeros(len(table.x), bool)
    for label in np.unique(table.label):
        names = np.unique(table.recording[table.label == label])
        if len(names) == 1:
            _cut(table, str(names[0]), share, span_len, first, last)
            continue
        n = min(max(round(share * len(names)), 1), len(names) - 1)
        first |= np.isin(table.recording, names[:n])
        last |= np.isin(table.recording, names[n:])
    return table.rows(first), table.rows(last)


def _cut(
    table: FeatureTable,
    name: str,
    share: float,
    span_len: int,
    first: NDArray[np.bool_],
    last: NDArray[np.bool_],
) -> None:
    """Cut a recording in time; a row speaks of ``span_len`` samples."""
    rows = np.flatnonzero(table.recording == name)
    rows = rows[np.argsort(table.start[rows], kind="stable")]
    cut = int(share * len(rows))
    first[rows[:cut]] = True
    over = max(table.start[rows[:cut]], default=-span_len) + span_len
    last[rows[cut:]] = table.start[rows[cut:]] >= over


def join(one: FeatureTable, other: FeatureTable) -> FeatureTable:
    """Put two tables of the same contract under each other."""
    if one.contract_id != other.contract_id:
        raise ValueError(
            f"tables of contracts {one.contract_id[:8]} and {other.contract_id[:8]}"
        )
    return replace(
        one,
        x=np.concatenate([one.x, other.x]),
        recording=np.concatenate([one.recording, other.recording]),
        start=np.concatenate([one.start, other.start]),
        label=np.concatenate([one.label, other.label]),
        group=np.concatenate([one.group, other.group]),
    )


def _decide(
    context: Context,
    gated: Gated,
    challenger: Judged,
    rival: Gated,
    after: tuple[data.Dataset, data.Dataset],
    served: Served,
    card: str,
) -> Closed:
    """Compare both packages in shadow, and promote the better one."""
    fresh, held = after
    test_ids = set(context.split.test)
    known = data.Dataset(
        tuple(r for r in context.life["train"] if r.info.id in test_ids)
    )

    def build(folder: Path) -> None:
        decision = _weigh(context, gated, challenger, rival, (fresh, held, known))
        context.registry.close_request(served.request, version=decision.version)
        store.save_record(folder / "decision.json", decision)

    decision = context.cache.stage(
        "close",
        context.project.name,
        context.project.seed,
        gated.package.id,
        rival.package.id,
        (rival.report, *rival.proofs),
        fresh.hash,
        held.hash,
        known.hash,
        context.project.operate,
        served.request,
        context.registry.mark,
        build=build,
        load=lambda folder: store.load_record(folder / "decision.json", _Decision),
    )
    return Closed(
        changed=decision.changed,
        known=decision.known,
        promoted=decision.promoted,
        challenger_version=decision.version,
        reason=decision.reason,
        rival=rival,
        champion=rival if decision.promoted else gated,
        card=decision.card if decision.promoted else card,
    )


class _Decision(msgspec.Struct, frozen=True, kw_only=True):
    changed: evaluate.Comparison | None
    known: evaluate.Comparison | None
    promoted: bool
    version: int
    card: str
    """Of the challenger."""
    reason: str


def _weigh(
    context: Context,
    gated: Gated,
    challenger: Judged,
    rival: Gated,
    on: tuple[data.Dataset, data.Dataset, data.Dataset],
) -> _Decision:
    """Run both packages in shadow, and register the challenger's.

    The recordings are what the challenger learnt from after the change, those held out
    of that, and those of known machines.
    """
    fresh, held, known = on
    both = gated.built.host, rival.built.host
    changed = _compare(context, both, held, "the changed machine")
    before = _compare(context, both, known, "known machines")
    card = write_card(
        context, challenger, rival, fresh=fresh, changed=changed, known=before
    )
    version = registration.register(
        context, rival.app.models, rival.package, run_id=challenger.run_id, card=card
    )
    name = context.project.name
    context.registry.promote(name, version, alias="challenger")
    better = changed is not None and changed.promote
    worse = _is_worse(before, margin=context.project.operate.margin)
    promoted = better and rival.passed and not worse
    if promoted:
        context.registry.promote(name, version, alias="champion")
    return _Decision(
        changed=changed,
        known=before,
        promoted=promoted,
        version=version,
        card=card,
        reason=_reason(changed, rival, worse),
    )


def _is_worse(found: evaluate.Comparison | None, *, margin: float) -> bool:
    """Whether a loss is no accident, and as large as a gain that would count."""
    return found is not None and found.upper < 0.0 and found.difference <= -margin


def _reason(changed: evaluate.Comparison | None, rival: Gated, worse: bool) -> str:
    if changed is None:
        return "there are too few labelled recordings to compare on"
    if not rival.passed:
        return f"the challenger misses its budget: {'; '.join(rival.misses)}"
    if worse:
        return "kept: the challenger is worse on the machines known before"
    return changed.reason


def _compare(
    context: Context,
    both: tuple[bench.HostApp, bench.HostApp],
    on: data.Dataset,
    note: str,
) -> evaluate.Comparison | None:
    """Run champion and challenger side by side, on classes that one of them knows."""
    classes = sorted({c for app in both for c in operate.classes_of(app.package)})
    labelled = data.Dataset(tuple(r for r in on if r.info.label in classes))
    if len(labelled) < 2:
        return None
    context.progress("close", f"shadow run on {note}: champion")
    old = operate.classify(both[0], labelled)
    context.progress("close", f"shadow run on {note}: challenger")
    new = operate.classify(both[1], labelled)
    return evaluate.compare(
        old.truth,
        old.found,
        new.found,
        recording=old.recording,
        classes=classes,
        margin=context.project.operate.margin,
        seed=context.project.seed,
    )
