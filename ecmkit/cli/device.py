"""``ecmkit device``: the record of one device, written and read."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer
from rich.table import Table

from ecmkit.cli.output import console, show
from ecmkit.errors import saying

if TYPE_CHECKING:
    from ecmkit.formats import DeviceRecord

__all__ = ["app"]

app = typer.Typer(
    help="Write and read records: what differs from one device to the next.",
    no_args_is_help=True,
)


@app.callback()
def _root() -> None:
    """Write and read records: what differs from one device to the next."""


@app.command("record")
def record_command(
    settings: Path = typer.Argument(
        help="TOML: device_id, key_id, channels (sensitivity: unit of the plan for one "
        "of the sensor, and offset), speed (source, hz, pulses_per_turn), bearing "
        "(balls, ball_mm, pitch_mm, contact_deg)."
    ),
    out: Path = typer.Option(..., "--out", help="File of the record, binary."),
    slot_bytes: int | None = typer.Option(
        None, "--slot-bytes", min=1,
        help="Write an image of two slots of flash of so many bytes each, such as a "
        "page, in place of what goes over a wire.",
    ),
    replace: bool = typer.Option(False, "--replace", help="Write over the file."),
) -> None:  # fmt: skip
    """Write the record of a device, for a wire or for its flash.

    Example: ecmkit device record pump-7.toml --out pump-7.record
    """
    from ecmkit import formats

    formats.require_new(out, replace=replace)
    if out.resolve() == settings.resolve():
        raise ValueError(f"--out: found the settings, {out}, expected another file")
    record = formats.load_toml(settings, formats.DeviceRecord)
    if slot_bytes is None:
        data, what = formats.encode_device(record), "record"
    else:
        data = formats.device_image(record, slot_bytes=slot_bytes)
        what = "image of two slots"
    formats.write_atomic(out, data)
    console(soft_wrap=True).print(
        f"{what}: {out}: device {record.device_id}, {len(record.channels)} channel(s), "
        f"{len(data):,} bytes"
    )


@app.command("show")
def show_command(
    file: Path = typer.Argument(
        help="Record as it goes over a wire, such as one that was read back."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:
    """Show the record of a device, with its units.

    Example: ecmkit device show pump-7.record
    """
    from ecmkit import formats

    data = file.read_bytes()
    with saying(str(file)):
        record = formats.decode_device(data)
    if as_json:
        typer.echo(msgspec.json.encode(record).decode())
    else:
        _show(record)


def _show(record: "DeviceRecord") -> None:
    rows: list[tuple[str, object, str]] = [
        ("device_id", record.device_id, ""),
        ("key_id", record.key_id, ""),
    ]
    for i, channel in enumerate(record.channels):
        where = f"channels[{i}]"
        rows += [
            (f"{where}.sensitivity", channel.sensitivity, "of the plan / sensor"),
            (f"{where}.offset", channel.offset, "of the sensor"),
        ]
    speed, bearing = record.speed, record.bearing
    rows += [
        ("speed.source", speed.source, ""),
        ("speed.hz", speed.hz, "Hz"),
        ("speed.pulses_per_turn", speed.pulses_per_turn, "1"),
    ]
    if bearing is not None:
        rows += [
            ("bearing.balls", bearing.balls, "1"),
            ("bearing.ball_mm", bearing.ball_mm, "mm"),
            ("bearing.pitch_mm", bearing.pitch_mm, "mm"),
            ("bearing.contact_deg", bearing.contact_deg, "degrees"),
        ]
    table = Table("field", "value", "unit")
    for field, value, unit in rows:
        # single precision has seven digits
        text = f"{value:.7g}" if isinstance(value, float) else str(value)
        table.add_row(field, text, unit)
    show(table)
