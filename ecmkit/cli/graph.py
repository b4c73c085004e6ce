"""``ecmkit graph``: what a model is made of, its C, the model as another file."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import show
from ecmkit.cli.targets import FOLDERS, target_folders

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ecmkit.graph import CompiledModel, Graph, LayerType

__all__ = ["app"]


class Weights(StrEnum):
    """Where the tables of a model are."""

    inline = "inline"
    data = "data"


class Forests(StrEnum):
    """Forms of tree ensembles."""

    packed = "packed"
    inline = "inline"
    tables = "tables"
    loadable = "loadable"


class Activations(StrEnum):
    """What values between quantised layers are."""

    int8 = "int8"
    int16 = "int16"


app = typer.Typer(
    help="Check, show, compile and export ONNX and TFLite models.", no_args_is_help=True
)
_MODEL = typer.Argument(help="An .onnx or .tflite file.", exists=True, dir_okay=False)
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
        show(table)
    raise typer.Exit(1 if found else 0)


@app.command("show")
def show_command(
    model: Path = _MODEL,
    size: list[str] = _SIZES,
    svg: Path | None = typer.Option(None, "--svg", help="Also draw it into this file."),
) -> None:
    """Print the operations with their shapes, bytes, products and weights of 0."""
    from ecmkit import graph

    made = graph.simplified(graph.import_model(model.read_bytes(), sizes=_sizes(size)))
    compiled = graph.compile_graph(made, name="shown")
    typer.echo(str(made))
    macs = sum(graph.macs_of(made, node) for node in made.nodes)
    typer.echo(
        f"{len(made.nodes)} operations, {macs:,} multiply-accumulates, "
        f"{compiled.flash_bytes:,} bytes of constants, "
        f"{compiled.work_bytes:,} bytes of work memory"
    )
    for density in graph.densities(made):
        typer.echo(str(density))
    if svg is not None:
        svg.write_text(graph.svg_of(made), "utf-8")


_CALIBRATION = typer.Option(
    None,
    "--int8",
    help="Quantise by these inputs: an .npy file, samples along the first axis.",
    exists=True,
    dir_okay=False,
)
_ENDS = typer.Option(
    False, "--int8-ends", help="With --int8: inputs and outputs are integers too."
)


_ACTIVATIONS = typer.Option(
    Activations.int8, "--activations", help="With --int8: values between layers."
)
_LAYERS = typer.Option(
    [],
    "--layer",
    help="With --int8: a layer that does otherwise, by the name of its result, such as "
    "`--layer dense_2=int16`; or int8, or float.",
)


def _layers(given: list[str]) -> "dict[str, LayerType]":
    kinds: dict[str, LayerType] = {"int8": "int8", "int16": "int16", "float": "float"}
    layers: dict[str, LayerType] = {}
    for text in given:
        name, _, kind = text.rpartition("=")
        if not name or kind not in kinds:
            raise typer.BadParameter(
                f"--layer {text!r}: expected NAME=int8, NAME=int16 or NAME=float"
            )
        layers[name] = kinds[kind]
    return layers


def _read(
    model: Path,
    size: list[str],
    calibration: Path | None,
    int8_ends: bool,
    activations: Activations,
    layers: list[str],
    *,
    dense: str = "channel",
) -> "Graph":
    """Read a model, and quantise it if asked for."""
    from ecmkit import graph

    made = graph.import_model(model.read_bytes(), sizes=_sizes(size))
    if calibration is None:
        said = int8_ends or dense != "channel" or layers
        if said or activations is not Activations.int8:
            raise typer.BadParameter("only with --int8")
        return made
    return graph.to_int8(
        made,
        _samples(calibration, made),
        ends="int8" if int8_ends else "real",
        dense_scales="tensor" if dense == "tensor" else "channel",
        activations="int16" if activations is Activations.int16 else "int8",
        layers=_layers(layers),
    )


@app.command("compile")
def compile_command(
    model: Path = _MODEL,
    output: Path = typer.Option(
        ..., "--output", "-o", help="C file to write; with --target, a folder."
    ),
    name: str = typer.Option("model", "--name", help="Lower-case C identifier."),
    size: list[str] = _SIZES,
    calibration: Path | None = _CALIBRATION,
    int8_ends: bool = _ENDS,
    activations: Activations = _ACTIVATIONS,
    layer: list[str] = _LAYERS,
    weights: Weights = typer.Option(
        Weights.inline, "--weights", help="In the source, or data to replace later."
    ),
    target: str | None = typer.Option(
        None, "--target", help="Build for a target, with its kernels; see `targets`."
    ),
    folders: list[Path] | None = FOLDERS,
    forests: Forests | None = typer.Option(
        None, "--forests", help="Form of forests; packed, or tables that are data."
    ),
    hop: int = typer.Option(
        0, min=0, help="Samples that are new at a time: compute what they change only."
    ),
    keep_state: bool = typer.Option(
        False, "--keep-state", help="Recurrent layers go on from run to run."
    ),
) -> None:
    """Write a model as C for the device library, in float32 or with int8 layers."""
    from ecmkit import graph

    made = _read(model, size, calibration, int8_ends, activations, layer)
    if keep_state:
        made = graph.keep_state(made)
    if hop:
        streamed = graph.streaming(graph.layers_merged(made), hop=hop)
        made = streamed.graph
        typer.echo(
            f"{streamed.macs:,} multiply-accumulates a hop, "
            f"{streamed.macs_whole:,} a window"
        )
    compiled = graph.compile_graph(
        made,
        name=name,
        weights=weights.value,
        forests=forests.value if forests else None,
    )
    if target is not None:
        from ecmkit import package, targets

        found = targets.load_target(target, search=target_folders(folders))
        package.build_model(compiled, target=found, out=output)
    else:
        _write(compiled, output)
    ports = [*compiled.inputs, *compiled.results]
    typer.echo(f"{compiled.symbol}: {', '.join(f'{p.name} {p.tensor}' for p in ports)}")
    typer.echo(
        f"{compiled.flash_bytes:,} bytes of constants, {compiled.work_bytes:,} bytes "
        f"of work memory, {compiled.state_bytes:,} of state, "
        f"modules {' '.join(compiled.modules) or 'none'}"
    )


def _write(compiled: "CompiledModel", output: Path) -> None:
    """Write the C, and beside it what it takes as data."""
    if compiled.weights and output.suffix == ".bin":
        raise typer.BadParameter(f"{output}: weights go there, expected another suffix")
    output.write_text(compiled.source, "utf-8")
    if compiled.weights:
        output.with_suffix(".bin").write_bytes(compiled.weights)
    for port, blob in compiled.blobs.items():
        path = output.with_name(f"{output.stem}.{port}.bin")
        path.write_bytes(blob)
        typer.echo(f"{path}: {len(blob):,} bytes of {port}")


@app.command("export")
def export_command(
    model: Path = _MODEL,
    output: Path = typer.Option(
        ..., "--output", "-o", help="File to write, .tflite or .onnx."
    ),
    size: list[str] = _SIZES,
    calibration: Path | None = _CALIBRATION,
    int8_ends: bool = _ENDS,
    activations: Activations = _ACTIVATIONS,
    layer: list[str] = _LAYERS,
    old: bool = typer.Option(
        False,
        "--old-runtime",
        help="With --int8: one scale for the weights of a dense layer, as "
        "tflite-runtime 2.14 needs.",
    ),
) -> None:
    """Write a model for LiteRT, tflite-runtime or onnxruntime, on gateways."""
    from ecmkit import graph

    writers = {".tflite": graph.write_tflite, ".onnx": graph.write_onnx}
    writer = writers.get(output.suffix)
    if writer is None:
        raise typer.BadParameter(f"{output}: expected .tflite or .onnx")
    dense = "tensor" if old else "channel"
    made = _read(model, size, calibration, int8_ends, activations, layer, dense=dense)
    data = writer(made)
    output.write_bytes(data)
    typer.echo(f"{output}: {len(data):,} bytes, {len(made.nodes)} operations")
