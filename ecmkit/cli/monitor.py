"""``ecmkit monitor``: what the devices of a fleet have told, and are told."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import console, show

if TYPE_CHECKING:
    from ecmkit.monitor import ShadowSummary

__all__ = ["app"]

app = typer.Typer(
    help="Read the stored telemetry of a fleet, and write commands to it.",
    no_args_is_help=True,
)


@app.callback()
def _root() -> None:
    """Read the stored telemetry of a fleet, and write commands to it."""


@app.command("shadow")
def shadow_command(
    store: Path = typer.Argument(
        help="Frames, an SQLite file of `ecmkit.monitor.Store`.", exists=True
    ),
    pack: Path = typer.Option(
        ..., "--package", help="Folder of the package that the devices run."
    ),
    least: float | None = typer.Option(
        None, "--least", min=0.0, max=1.0,
        help="Share of windows with the same class that all devices must have.",
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:  # fmt: skip
    """Show how far the package's challengers agree with its models, device by device.

    Frames of other models, such as from before an update, are left out and counted.
    Authentication codes are not checked here: keep what failed out of the store.
    Exits with 1 if the 95 % interval of all devices reaches below --least.
    """
    from ecmkit import monitor, package

    own = package.load_package(pack)
    found, others = [], dict[int, int]()
    with monitor.Store(store, create=False) as frames:
        for device in frames.devices():
            kept, left = monitor.frames_of(
                (data for _, data in frames.iter(device_id=device)),
                contract_id=own.contract.id,
                model_id=own.manifest.model_id,
            )
            others |= {device: left} if left else {}
            telemetry = monitor.ingest(
                kept,
                contract=own.contract,
                model_id=own.manifest.model_id,
                device_id=device,
            )
            found.append(monitor.shadow_of(telemetry, names=own.compared))
    fleet = monitor.shadow_fleet(found, others=others)
    if as_json:
        typer.echo(msgspec.json.encode(fleet).decode())
    else:
        _show([*fleet.devices, *([fleet.total] if fleet.total else [])])
        for device, left in fleet.others.items():
            typer.echo(f"device {device}: {left:,} frames of other models left out")
    if least is not None and not (fleet.total and fleet.total.agrees(least)):
        raise typer.Exit(1)


@app.command("commands")
def commands_command(
    store: Path = typer.Argument(
        help="Frames, an SQLite file of `ecmkit.monitor.Store`.", exists=True
    ),
    device: int | None = typer.Option(None, "--device", help="Of one device only."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Show what devices did with the commands that they were sent.

    Authentication codes are not checked here: keep what failed out of the store.
    """
    from ecmkit import monitor

    with monitor.Store(store, create=False) as frames:
        found = monitor.answers_among(frames, device_id=device)
    if as_json:
        typer.echo(msgspec.json.encode(found).decode())
        return
    if not found:
        typer.echo("no device has answered a command")
        return
    table = Table("device", "told at", "number", "command", "result")
    for answer in found:
        at = datetime.fromtimestamp(answer.time_s, UTC)
        table.add_row(
            str(answer.device_id),
            at.strftime("%Y-%m-%d %H:%M:%S"),
            str(answer.command),
            answer.what,
            answer.result if answer.obeyed else f"refused: {answer.result}",
        )
    show(table)


@app.command("command")
def command_command(
    kind: str = typer.Argument(
        help="ack-alarms GROUPS (a bit a group, such as 0b101); ask-chunks FIRST and "
        "COUNT, 1 if left out (of the snapshot); relearn, with guarded if left out, "
        "forced or back; interval SECONDS; ack-frames NUMBER (seq of the last "
        "report); rearm ID (of the snapshot)."
    ),
    values: list[str] | None = typer.Argument(None, help="As above, in order."),
    device: int = typer.Option(
        ..., "--device", min=0, max=2**32 - 1, help="Id of the device."
    ),
    key: Path | None = typer.Option(
        None, "--key", help="Key of the device, hexadecimal digits."
    ),
    mac: str = typer.Option(
        "hmac-sha256", "--mac",
        help="Code that the device asks for: hmac-sha256, aes-cmac or blake2b.",
    ),
    unsigned: bool = typer.Option(
        False, "--unsigned", help="Without a code, for devices that ask for none."
    ),
    number: int | None = typer.Option(
        None, "--number", min=1, max=2**32 - 1,
        help="Of the command, above all that the device has obeyed; left out: the "
        "time in seconds since 1970.",
    ),
    store: Path | None = typer.Option(
        None, "--store",
        help="Frames, an SQLite file of `ecmkit.monitor.Store`: a number that is left "
        "out is above those that the device has answered, too.",
    ),
    out: Path | None = typer.Option(
        None, "--out", help="File of its 5 to 23 bytes, binary."
    ),
    replace: bool = typer.Option(False, "--replace", help="Write over the file."),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:  # fmt: skip
    """Write a command to one device, and show its bytes.

    Example: ecmkit monitor command interval 900 --device 7 --key keys/7.key
    --out 7.command
    """
    from ecmkit import formats, monitor

    if (key is None) is not unsigned:
        raise ValueError("expected either --key or --unsigned")
    if number is not None and store is not None:
        raise ValueError("expected one of --number and --store")
    if out is not None:
        formats.require_new(out, replace=replace)
        if key is not None and out.resolve() == key.resolve():
            raise ValueError(f"--out: found the key, {key}, expected another file")
    command = formats.named_command(kind, values or ())
    code = None if key is None else formats.load_mac(key, mac=mac)
    if number is None:
        answers: tuple[monitor.CommandAnswer, ...] = ()
        if store is not None:
            with monitor.Store(store, create=False) as frames:
                answers = monitor.answers_among(frames, device_id=device)
        number = monitor.next_number(answers, time_s=time.time())
    made = monitor.write_command(command, device_id=device, number=number, mac=code)
    if out is not None:
        formats.write_atomic(out, made.data)
    if as_json:
        typer.echo(msgspec.json.encode(made).decode())
        return
    coded = f"with a code by {mac}" if made.coded else "without a code"
    lines = console(soft_wrap=True)
    lines.print(f"device {device}: command {number}: {made.what}, {coded}")
    lines.print(f"{len(made.data)} bytes: {made.hex}")


def _show(rows: "list[ShadowSummary]") -> None:
    if not rows:
        typer.echo("no device has told of a challenger")
        return
    names = dict.fromkeys(name for row in rows for name in row.differences)
    table = Table(
        "device", "reports", "windows", "same class", "95 % interval",
        *(f"difference of {name}" for name in names),
        caption="last line: all devices; its reports are devices",
    )  # fmt: skip
    for column in table.columns[1:]:
        column.justify = "right"
    for row in rows:
        share, ends = row.agreement, row.interval
        table.add_row(
            "all" if row.device_id is None else str(row.device_id),
            f"{row.reports:,}",
            f"{row.windows:,}",
            "-" if share is None else f"{share:.2%}",
            "-" if ends is None else f"{ends[0]:.2%} ... {ends[1]:.2%}",
            *("-" if n not in row.differences else _number(row.differences[n])
              for n in names),
        )  # fmt: skip
    show(table)


def _number(difference: float | None) -> str:
    return "no number" if difference is None else f"{difference:.3g}"
