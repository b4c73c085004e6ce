"""``ecmkit features``: plans, what they compute and what that costs, and extraction."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import bar, console, show
from ecmkit.cli.targets import FOLDERS, target_folders

if TYPE_CHECKING:
    from ecmkit.bench import PlanCost
    from ecmkit.features import FeaturePlan

__all__ = ["app"]

app = typer.Typer(
    help="List and describe feature plans; extract features.", no_args_is_help=True
)
_PLAN = typer.Argument(help="A .toml file, or the name of a plan; see `list`.")
_PROFILE = typer.Option(
    None, "--profile", help="Numeric profile in place of the plan's: f32, or q15."
)


class Profile(StrEnum):
    """Numeric profiles of plans."""

    f32 = "f32"
    q15 = "q15"


def _literal(profile: Profile | None) -> Literal["f32", "q15"] | None:
    return None if profile is None else profile.value


@app.command("list")
def list_command(
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List the plans that come with ecmkit."""
    from ecmkit import features

    plans = {name: features.load_plan(name) for name in features.plan_names()}
    rows = [
        {
            "name": name,
            "features": len(plan.rows),
            "window_len": plan.window_len,
            "fs_hz": plan.fs_hz,
            "about": plan.about,
        }
        for name, plan in plans.items()
    ]
    if as_json:
        typer.echo(msgspec.json.encode(rows).decode())
        return
    table = Table("plan", "features", "window", "Hz", "for")
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(
            str(row["name"]),
            str(row["features"]),
            str(row["window_len"]),
            f"{row['fs_hz']:g}",
            str(row["about"]),
        )
    show(table)


@app.command("describe")
def describe_command(
    plan: str = _PLAN,
    profile: Profile | None = _PROFILE,
    target: str | None = typer.Option(
        None, "--target", help="Run the plan on this emulated target and count."
    ),
    folders: list[Path] | None = FOLDERS,
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Show each feature with unit, formula and source, and what the plan costs."""
    from ecmkit import features

    made = features.load_plan(plan, profile=_literal(profile))
    rows = _described(made)
    cost = None if target is None else _cost(made, target, folders)
    if as_json:
        found: dict[str, Any] = {
            "plan": plan,
            "profile": made.profile,
            "features": rows,
        }
        if cost is not None:
            found["cost"] = msgspec.to_builtins(cost)
        typer.echo(msgspec.json.encode(found).decode())
        return
    title = plan if made.profile == "f32" else f"{plan}, profile {made.profile}"
    table = Table("feature", "unit", "step", "formula", "source", title=title)
    table.columns[0].no_wrap = True
    for row in rows:
        table.add_row(*(row[k] for k in ("name", "unit", "step", "formula", "source")))
    out = console()
    show(table, out)
    if cost is not None:
        show(_cost_table(cost), out)


def _described(plan: "FeaturePlan") -> list[dict[str, str]]:
    """Text of each feature of a plan, in the order in which it leaves the device."""
    from ecmkit._core import feat

    texts = {entry[0]: entry[7:10] for entry in feat.table()}
    return [
        {
            "name": row.name,
            "unit": row.unit,
            "step": row.step,
            "about": texts[row.id][0],
            "formula": texts[row.id][1] or texts[row.id][0],
            "source": texts[row.id][2],
        }
        for row in plan.rows
    ]


@app.command("extract")
def extract_command(
    plan: str = _PLAN,
    data: Path = typer.Option(..., "--data", help="Folder of recordings."),
    out: Path = typer.Option(..., "--out", help="Parquet file to write."),
    profile: Profile | None = _PROFILE,
    drop: bool = typer.Option(
        False, "--drop", help="Leave out windows with NaN instead of refusing them."
    ),
    threads: int = typer.Option(1, "--threads", help="Recordings at work at a time."),
    engine: str = typer.Option("local", "--engine", help="local, or dask: a cluster."),
    scheduler: str | None = typer.Option(
        None, "--scheduler", help="Address of the cluster's scheduler; else two "
        "workers here."
    ),
) -> None:  # fmt: skip
    """Extract the features of recordings, piece by piece, into a Parquet file."""
    from ecmkit import features
    from ecmkit.data import scan

    made = features.load_plan(plan, profile=_literal(profile))
    nonfinite: Literal["refuse", "drop"] = "drop" if drop else "refuse"
    sources = scan(data, channel=made.inputs, nonfinite="keep" if drop else "refuse")
    with bar("recordings", len(sources)) as advance:
        n = features.extract_files(
            sources,
            made,
            out,
            engine=engine,  # type: ignore[arg-type]
            nonfinite=nonfinite,
            threads=threads,
            scheduler=scheduler,
            progress=lambda done, _: advance(done),
        )
    typer.echo(f"{out}: {n:,} windows, {len(made.rows)} features")


def _cost(plan: "FeaturePlan", target: str, folders: list[Path] | None) -> "PlanCost":
    from ecmkit.bench import plan_cost
    from ecmkit.targets import load_target

    found = load_target(target, search=target_folders(folders))
    return plan_cost(plan.contract(), found)


def _cost_table(cost: "PlanCost") -> Table:
    flash, ram = (value / 1024 for value in (cost.flash_bytes, cost.ram_bytes))
    table = Table(
        "step",
        f"{'instructions' if cost.counter == 'instructions' else 'cycles'} a window",
        title=f"{cost.target}, {cost.compiler}",
        caption=(
            f"emulated; the application without a model takes {flash:.1f} KiB of flash "
            f"and {ram:.1f} KiB of RAM"
        ),
    )
    table.columns[1].justify = "right"
    for name, count in cost.steps.items():
        table.add_row(name, f"{count:,}")
    table.add_section()
    table.add_row("all", f"{cost.total:,}")
    return table
