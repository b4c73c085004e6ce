"""The files of all ecosystems: templates that lie as their files do in a package."""

import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from ecmkit.features import device_plans
from ecmkit.package.application import Application
from ecmkit.package.ecosystems import cargo
from ecmkit.package.release import Release
from ecmkit.package.texts import comment_lines, node_samples_of, samples_of

__all__ = ["TEMPLATES", "library_name", "write_ecosystems"]

TEMPLATES = Path(__file__).parent / "templates"
_PLACE = re.compile(r"@([a-z_0-9]+)@")
# By the bytes of a sample: of converters of 10 and 12 bits whose zero lies in the
# middle, of a float in the unit of the plan, and of 256 for 1 g.
_FORMS = {
    4: {
        "ino_sample": "(analogRead(A0 + i) - 512) * ({range}f / 512.0f)",
        "ino_sample_0": "(analogRead(A0) - 512) * ({range}f / 512.0f)",
        "code_sample": "(float)code * ({range}f / 2048.0f)",
        "a_sample": "{value}",
        "adxl_sample": "code / 256.0f",
        "array_code": "f",
        "push": "ecm_app_push_f32",
    },
    2: {
        "ino_sample": "(int16_t)((analogRead(A0 + i) - 512) * 64)",
        "ino_sample_0": "(int16_t)((analogRead(A0) - 512) * 64)",
        "code_sample": "(int16_t)(code * 16)",
        "a_sample": "(int16_t)({value} * (32768.0f / {range}f))",
        "adxl_sample": "(int16_t)(code * {adxl_factor})",
        "array_code": "h",
        "push": "ecm_app_push_s16",
    },
}
# BW_RATE and DATA_FORMAT of an ADXL345, whose data sheet has 800 Hz for 400 kHz of I2C.
_ADXL_RATES = {800: 0x0D, 400: 0x0C, 200: 0x0B, 100: 0x0A, 50: 0x09, 25: 0x08}
_ADXL_RANGES = {16: 0x0B, 8: 0x0A, 4: 0x09, 2: 0x08}
_NODE_INPUT_H = """\
/* Channels take turns. Sample this one alone, ecm_package_node_wanted, once its input
 * has settled; ECM_PACKAGE_CHANNELS_LEN: none. */
void board_input(uint32_t channel);
"""
_NODE_INPUT = """\
        board_input(ecm_package_node_wanted());
"""
_NODE_SPEED = """\
        (void)ecm_package_node_set_speed(board_speed_hz());
"""
_OTHERS = """\
What is in third_party/ is under the licences that lie beside it.

"""


def library_name(name: str) -> str:
    """Return the name of an application's library, the same in all ecosystems."""
    return f"ecm_{name}"


def write_ecosystems(app: Application, release: Release, folder: Path) -> None:
    """Write what each of the ecosystems reads: all files of ``templates/``.

    Parameters
    ----------
    app : Application
        What is packaged.
    release : Release
        What it is called.
    folder : Path
        Of the package; has ``src/`` already.
    """
    values = _values(app, release) | cargo.values(app, release, folder / "src")
    names = sorted(
        p
        for p in TEMPLATES.rglob("*.in")
        if p.is_file() and _has_use(p.parent.name, app, release)
    )
    files = {
        _filled(p.relative_to(TEMPLATES).as_posix(), values).removesuffix(".in"): p
        for p in names
    }
    listed = {p.relative_to(folder).as_posix() for p in folder.rglob("*.[ch]")}
    values |= _lists(sorted(listed | {n for n in files if n.startswith("src/")}))
    for name, template in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_filled(template.read_text("utf-8"), values), "utf-8")


def _has_use(folder: str, app: Application, release: Release) -> bool:
    """Whether the examples of a folder can be what the application is for."""
    contract = app.contract
    if folder == "device":
        return release.node is not None
    if folder == "@name@_small":
        plans = device_plans(contract)
        return len(plans) == 1 and plans[0].state_len == 0 and bool(app.models)
    if folder == "@name@_adxl345":
        channels = range(len(contract.channels))
        return (
            len(channels) <= 3
            and contract.fs_hz in _ADXL_RATES
            and contract.range in _ADXL_RANGES
            and all(contract.unit_of(i) == "g" for i in channels)
            and all(contract.range_of(i) == contract.range for i in channels)
        )
    return True


def _examples(app: Application) -> dict[str, str]:
    """Say in C how codes of sensors become samples, and how fast the shaft turns."""
    contract, speed = app.contract, repr(float(sum(app.contract.speed_hz) / 2))
    given = (
        f"    {{}}{speed}f); {{}} turns a second{{}}\n" if contract.needs_speed else ""
    )
    forms = _FORMS[app.queue.sample_bytes(contract)]
    factor = round(128 / contract.range)
    value = (
        "(float)sensor_ms2_to_ug(&value) * 1e-6f"
        if contract.unit_of(0) == "g"
        else "sensor_value_to_float(&value)"
    )
    return {
        "speed_hz": speed,
        "set_speed": given.format("(void)ecm_app_set_speed(&app.app, ", "/*", " */"),
        "ino_speed": given.format("app.set_speed(", "//", ""),
        "py_speed": f"    app.set_speed(memory, {speed})  # revolutions a second\n"
        if contract.needs_speed
        else "",
        "rs_speed": f'    task.set_speed({speed}).expect("no such speed");'
        " // revolutions a second\n"
        if contract.needs_speed
        else "",
        "range": f"{contract.range:g}",
        "adxl_rate": f"0x{_ADXL_RATES.get(round(contract.fs_hz), 0):02X}",
        "adxl_range": f"0x{_ADXL_RANGES.get(round(contract.range), 0):02X}",
        **{
            name: text.format(
                range=float(contract.range), adxl_factor=factor, value=value
            )
            for name, text in forms.items()
        },
    }


def _node(app: Application, release: Release) -> dict[str, str]:
    """Say in C how a whole device is told of samples and of the shaft."""
    device = release.node
    if device is None:
        return {}
    samples = node_samples_of(
        app.contract,
        sample_bytes=app.queue.sample_bytes(app.contract),
        record=device.record,
    )
    in_turn = app.queue.in_turn
    return {
        "node_samples": comment_lines(f"{samples[:1].upper()}{samples[1:]}."),
        "node_input_h": _NODE_INPUT_H if in_turn else "",
        "node_input": _NODE_INPUT if in_turn else "",
        "node_speed": _NODE_SPEED if device.needs_speed(app.contract) else "",
    }


def _periods(fs_hz: float) -> dict[str, str]:
    """Say in C when the next sample is: exactly, and for timers of whole microseconds.

    A counter of 64 bits may be multiplied by the former for years.
    """
    exact = (1_000_000 / Fraction(fs_hz)).limit_denominator(1000)
    whole = max(1, round(exact))
    share = "" if exact.denominator == 1 else f" / {exact.denominator}U"
    return {
        "us_per_sample": f"{exact.numerator}U{share}",
        "period_us": f"{whole}",
        "timer_hz": f"{1e6 / whole:g}",
    }


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Put values in their places; a place without a value is our own mistake."""
    return _PLACE.sub(lambda found: values[found[1]], text)


def _values(app: Application, release: Release) -> dict[str, str]:
    contract, library = app.contract, library_name(app.name)
    sample_bytes = app.queue.sample_bytes(contract)
    major, minor, patch = release.version.split(".")
    # Registries know those of SPDX alone; of others they take the file LICENSE.
    listed = "" if release.license.startswith("LicenseRef-") else release.license
    return {
        "name": app.name,
        "library": library,
        "upper": library.upper(),
        **{field: getattr(release, field) for field in release.__struct_fields__},
        "major": major,
        "minor": minor,
        "patch": patch,
        "third_party": _OTHERS if release.verify != "none" else "",
        "license_json": f'  "license": "{listed}",\n' if listed else "",
        "license_yaml": f'license: "{listed}"\n' if listed else "",
        "release_date": f' date="{release.date}"' if release.date else "",
        **_node(app, release),
        "channels": ", ".join(contract.channels),
        "fs_hz": f"{contract.fs_hz:g}",
        **_periods(contract.fs_hz),
        "samples": samples_of(contract, sample_bytes=sample_bytes),
        **_examples(app),
    }


def _lists(names: list[str]) -> dict[str, str]:
    """List C files and headers as CMake and CMSIS-Packs do."""
    sources = [n for n in names if n.startswith("src/") and n.endswith(".c")]
    kinds = {
        n: "source" if n in sources else "other" if n.endswith(".c") else "header"
        for n in names
        if n.startswith(("src/", "twins/", "third_party/"))
    }
    return {
        "sources": "\n".join(f"    {name}" for name in sources),
        "sources_above": "\n".join(f"        ../{name}" for name in sources),
        "files": "\n".join(
            f'        <file category="{kind}" name="{name}"/>'
            for name, kind in kinds.items()
        ),
    }
