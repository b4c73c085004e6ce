"""The model card: what a version is for, on which evidence, within which limits."""

from collections.abc import Iterator, Sequence

from ecmkit import bench, data, evaluate
from ecmkit.bench.report import number
from ecmkit.flow.context import Context
from ecmkit.flow.records import Fold
from ecmkit.flow.release import Gated, Judged
from ecmkit.flow.summary import summarise
from ecmkit.formats import content_hash
from ecmkit.package import Package
from ecmkit.registry import environment
from ecmkit.targets import Target

__all__ = ["card_for", "write_card"]

_TOLD = 8
"""Features whose importance is listed."""


def write_card(
    context: Context,
    judged: Judged,
    gated: Gated,
    *,
    dropped: tuple[str, ...] = (),
    folds: Sequence[Fold] = (),
    leaky: Fold | None = None,
    fresh: data.Dataset | None = None,
    changed: evaluate.Comparison | None = None,
    known: evaluate.Comparison | None = None,
) -> str:
    """Write the card of a package in Markdown.

    Parameters
    ----------
    context : Context
        The run.
    judged : Judged
        Its models, and their figures on held-out windows.
    gated : Gated
        The package with its costs.
    dropped : tuple of str
        Recordings that the quality check left out.
    folds : sequence of Fold
        Results of the protocol, each with a group held out.
    leaky : Fold, optional
        The figure of windows drawn at random.
    fresh : Dataset, optional
        Recordings of the changed machine that this version learnt from too.
    changed, known : Comparison, optional
        Against the version before, on the changed machine and those known before.

    Returns
    -------
    str
        The same for the same arguments.
    """
    parts = [
        _purpose(context, gated),
        _data(context, dropped, fresh),
        _protocol(context, judged, folds, leaky),
        _comparison(changed, known),
        _limits(context, judged, folds),
        _contract(context),
        _costs((gated.report, *gated.proofs)),
        _lineage(context, judged, gated, fresh),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def card_for(
    card: str,
    champion: Gated,
    *,
    of: Target,
    package: Package,
    target: Target,
    report: bench.GateReport | None,
) -> str:
    """Return the card of the same models in another package.

    What they learnt from and how good they are stays; the target, what the package
    costs there and its id are those of this package.

    Parameters
    ----------
    card : str
        Of `champion`, as `write_card` wrote it.
    champion : Gated
        The package that the card is about.
    of : Target
        Where that one runs.
    package : Package
        The other one.
    target : Target
        Where it runs.
    report : GateReport or None
        What it costs; None for a package of sources alone.

    Returns
    -------
    str
    """
    costs = (
        f"## Costs\n\nNot known: a package for {target.name} is sources alone, and "
        "nothing here compiles and runs them."
        if report is None
        else _costs((report,))
    )
    changes = (
        (_runs_on(of), _runs_on(target)),
        (_costs((champion.report, *champion.proofs)), costs),
        (_package(champion.package), _package(package)),
    )
    for old, new in changes:
        if card.count(old) != 1:
            raise ValueError(f"model card: found not once {old[:40]!r}, expected it")
        card = card.replace(old, new)
    return card


def _purpose(context: Context, gated: Gated) -> str:
    plan, classes = context.plan, gated.app.classes
    watched = f"channels {', '.join(plan.all_channels)}"
    if len(plan.all_channels) == 1:
        watched = f"channel {plan.all_channels[0]}"
    told = f" and tells {_listed(classes)} apart" if classes else ""
    return (
        f"# {context.project.name}\n\n"
        f"Watches {watched} of a machine{told}; says when the machine is no longer "
        f"what the reference shows. {_runs_on(context.target)} It supports those "
        "who decide about maintenance; it is no protection system."
    )


def _runs_on(target: Target) -> str:
    return f"Runs on {target.title}."


def _listed(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _data(
    context: Context, dropped: tuple[str, ...], fresh: data.Dataset | None
) -> str:
    found = summarise(context, dropped)
    rows = [
        (r.label, r.sizes, str(r.recordings), str(r.windows), f"{r.seconds:.0f} s")
        for r in found.classes
    ]
    head = ("class", "fault sizes", "recordings", "windows", "duration")
    left = "".join(f"\n- left out: {line}" for line in found.dropped)
    listed = f"\n{left}" if left else ""
    if fresh is not None:
        listed += (
            f"\n\nBesides, this version learnt from {len(fresh)} recordings of the "
            "machine after it had changed."
        )
    return f"## Data\n\n{found.sentence}\n\n{_table(head, rows)}{listed}"


def _protocol(
    context: Context, judged: Judged, folds: Sequence[Fold], leaky: Fold | None
) -> str:
    own = context.project.split
    lines = [
        "## Figures\n",
        "All are *measured* on the compiled C, on windows of recordings that nothing "
        f"was learnt from; what stays together is the "
        f"{own.by.replace('_', ' ')}.\n",
    ]
    rows = [
        (f.protocol, f.held_out, str(f.windows),
         f"{f.balanced_accuracy:.3f}{' (leaky)' if f.leaky else ''}")
        for f in (*folds, *([leaky] if leaky else []))
    ]  # fmt: skip
    if rows:
        head = ("protocol", "held out", "windows", "balanced accuracy")
        lines += [_table(head, rows), ""]
    lines += [f"- {r.name} ({r.family}): {r.result}" for r in judged.results]
    if judged.importance:
        told = ", ".join(
            f"{i.name} {i.drop:.3f} ({i.lower:.3f} to {i.upper:.3f})"
            for i in judged.importance[:_TOLD]
        )
        lines.append(f"- what the classifier loses without each feature: {told}")
    return "\n".join(lines)


def _comparison(
    changed: evaluate.Comparison | None, known: evaluate.Comparison | None
) -> str:
    rows = [
        (what, f"{c.champion:.3f}", f"{c.challenger:.3f}",
         f"{c.difference:+.3f} ({c.lower:+.3f} to {c.upper:+.3f})")
        for what, c in (("the changed machine", changed), ("known machines", known))
        if c is not None
    ]  # fmt: skip
    if not rows:
        return ""
    head = ("recordings of", "version before", "this one", "difference, 95 %")
    return f"## Against the version before\n\n{_table(head, rows)}"


def _limits(context: Context, judged: Judged, folds: Sequence[Fold]) -> str:
    classes = judged.learnt[0].compiled.outputs
    train = context.life["train"]
    machines = {r.info.machine for r in train}
    lines = [
        "## Limits\n",
        f"- Another fault than {_listed(classes)} is at best strange, never named.",
        f"- Learnt from {len(machines)} machine{'s' if len(machines) != 1 else ''}; "
        "figures say nothing of machines of another kind, mounting or sensor.",
    ]
    plan = context.plan
    if plan.speed_hz is not None:
        lo, hi = plan.speed_hz
        lines.append(f"- Shaft speeds from {lo:g} to {hi:g} Hz; it must be told.")
    if folds:
        worst = min(folds, key=lambda fold: fold.balanced_accuracy)
        lines.append(
            f"- Weakest on {worst.held_out}: balanced accuracy "
            f"{worst.balanced_accuracy:.3f}."
        )
    rate = context.project.drift.false_alarms
    asked = rate if isinstance(rate, str) else f"one in {rate:g} windows"
    lines.append(
        f"- Limits of the watches are set for false alarms of {asked}, on the "
        "reference stretch."
    )
    return "\n".join(lines)


def _contract(context: Context) -> str:
    plan, contract = context.plan, context.contract
    rows = [
        (c, f"{plan.unit_of(c)}", f"±{plan.range_of(c):g}", f"{plan.fs_hz:g} Hz")
        for c in plan.all_channels
    ]
    return (
        f"## Contract\n\n{_table(('channel', 'unit', 'range', 'rate'), rows)}\n\n"
        f"Windows of {plan.window_len} samples every {plan.hop_len}, "
        f"{len(contract.names)} features in {contract.profile}; contract "
        f"`{contract.id}`. Whoever sends other samples is refused."
    )


def _costs(reports: Sequence[bench.GateReport]) -> str:
    rows = [row for report in reports for row in _rows(report)]
    head = ("target", "what", "value", "budget", "label")
    return f"## Costs\n\n{_table(head, rows)}"


def _rows(report: bench.GateReport) -> Iterator[tuple[str, ...]]:
    for row in report.rows:
        budget = "" if row.budget is None else number(row.budget)
        value = f"{number(row.value)} {row.unit}".strip()
        yield report.target, row.what, value, budget, row.label


def _lineage(
    context: Context, judged: Judged, gated: Gated, fresh: data.Dataset | None
) -> str:
    around = environment()
    versions = ", ".join(f"{name} {v}" for name, v in around.packages.items())
    lines = [
        "## Lineage\n",
        f"- recordings `{context.life['train'].hash}`",
        *([f"- of the changed machine `{fresh.hash}`"] if fresh is not None else []),
        f"- feature plan `{content_hash(context.plan)}`",
        *(f"- {one.compiled.name} `{one.compiled.hash}`" for one in judged.learnt),
        _package(gated.package),
        f"- Python {around.python} on {around.system} {around.machine}: {versions}",
        f"- seed {context.project.seed}",
    ]
    return "\n".join(lines)


def _package(package: Package) -> str:
    return f"- package `{package.id}`"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines
    )
