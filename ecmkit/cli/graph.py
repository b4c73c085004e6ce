"""``ecmkit graph``: what a model is made of, what keeps it from a device, its C."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import console

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ecmkit.graph import Graph

__all__ = ["app"]

app = typer.Typer(help="Check, show and compile ONNX models.", no_args_is_help=True)
_MODEL = typer.Argument(help="An .onnx file.", exists=True, dir_okay=False)
_SIZES = typer.Option(
    [], "--size", help="Length of a symbolic axis, such as `--size time=1024`."
)


def _sizes(given: list[str]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for text in given:
        name, _, number = text.partition("=")
        if not name or not number.isdecimal() or int(number) < 1:
            raise typer.BadParameter(f"--size {text!r}: expected NAME=LENGTH")
        sizes[name] = int(number)
    return sizes


def _samples(path: Path, made: "Graph") -> list[list["NDArray[np.float32]"]]:
    """Read inputs of a model with one input, one for each row of a file."""
    import numpy as np

    if len(made.inputs) != 1:
        raise ValueError(f"{path}: the model has {len(made.inputs)} inputs, expected 1")
    shape = made.tensors[made.inputs[0]].shape
    try:
        table = np.load(path, allow_pickle=False)
        rows = table.astype(np.float32).reshape(len(table), *shape)
    except (ValueError, TypeError, EOFError, OSError) as error:
        raise ValueError(
            f"{path}: expected an .npy array whose rows have the shape "
            f"{list(shape)}: {error}"
        ) from error
    return [[row] for row in rows]


@app.command("check")
def check_command(
    model: Path = _MODEL,
    size: list[str] = _SIZES,
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """List all that keeps a model from being compiled; exit 1 if anything does."""
    from ecmkit import graph

    found = graph.problems_of(model.read_bytes(), sizes=_sizes(size))
    if as_json:
        rows = [{"node": p.node, "why": p.why} for p in found]
        typer.echo(
            msgspec.json.encode({"model": str(model), "problems": rows}).decode()
        )
    elif not found:
        typer.echo(f"{model}: compiles")
    else:
        table = Table("node", "why", title=f"{model}: {len(found)} problems")
        for problem in found:
            table.add_row(problem.node, problem.why)
        console().print(table)
    raise typer.Exit(1 if found else 0)


@app.command("show")
def show_command(
    model: Path = _MODEL,
    size: list[str] = _SIZES,
    svg: Path | None = typer.Option(None, "--svg", help="Also draw it into this file."),
) -> None:
    """Print the operations with their shapes, bytes and products."""
    from ecmkit import graph

    made = graph.simplified(graph.import_onnx(model.read_bytes(), sizes=_sizes(size)))
    compiled = graph.compile_graph(made, name="shown")
    typer.echo(str(made))
    macs = sum(graph.macs_of(made, node) for node in made.nodes)
    typer.echo(
        f"{len(made.nodes)} operations, {macs:,} multiply-accumulates, "
        f"{compiled.flash_bytes:,} bytes of constants, "
        f"{compiled.work_bytes:,} bytes of work memory"
    )
    if svg is not None:
        svg.write_text(graph.svg_of(made), "utf-8")


@app.command("compile")
def compile_command(
    model: Path = _MODEL,
    output: Path = typer.Option(..., "--output", "-o", help="C file to write."),
    name: str = typer.Option("model", "--name", help="Lower-case C identifier."),
    size: list[str] = _SIZES,
    calibration: Path | None = typer.Option(
        None,
        "--int8",
        help="Quantise by these inputs: an .npy file, samples along the first axis.",
        exists=True,
        dir_okay=False,
    ),
    forests: str = typer.Option(
        "packed", help="Form of forests: packed, inline, tables or loadable."
    ),
    hop: int = typer.Option(
        0, help="Samples that are new at a time: compute what they change only."
    ),
    keep_state: bool = typer.Option(
        False, "--keep-state", help="Recurrent layers go on from run to run."
    ),
) -> None:
    """Write a model as C for the device library, in float32 or with int8 layers."""
    from typing import get_args

    from ecmkit import graph

    forms = get_args(graph.ForestForm)
    if forests not in forms:
        raise typer.BadParameter(f"--forests {forests}: expected {', '.join(forms)}")
    made = graph.import_onnx(model.read_bytes(), sizes=_sizes(size))
    if calibration is not None:
        made = graph.to_int8(made, _samples(calibration, made))
    if keep_state:
        made = graph.keep_state(made)
    if hop:
        streamed = graph.streaming(graph.layers_merged(made), hop=hop)
        made = streamed.graph
        typer.echo(
            f"{streamed.macs:,} multiply-accumulates a hop, "
            f"{streamed.macs_whole:,} a window"
        )
    compiled = graph.compile_graph(made, name=name, forests=forests)  # type: ignore[arg-type]
    for port, blob in compiled.blobs.items():
        path = output.with_name(f"{output.stem}.{port}.bin")
        path.write_bytes(blob)
        typer.echo(f"{path}: {len(blob):,} bytes of {port}")
    output.write_text(compiled.source, "utf-8")
    ports = [*compiled.inputs, *compiled.outputs]
    typer.echo(f"{compiled.symbol}: {', '.join(f'{p.name} {p.tensor}' for p in ports)}")
    typer.echo(
        f"{compiled.flash_bytes:,} bytes of constants, {compiled.work_bytes:,} bytes "
        f"of work memory, {compiled.state_bytes:,} of state, "
        f"modules {' '.join(compiled.modules) or 'none'}"
    )
