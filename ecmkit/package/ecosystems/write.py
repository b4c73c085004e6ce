"""The files of all ecosystems: templates that lie as their files do in a package."""

import re
from collections.abc import Mapping
from pathlib import Path

from ecmkit.package.application import Application
from ecmkit.package.ecosystems import cargo
from ecmkit.package.release import Release
from ecmkit.package.texts import samples_of

__all__ = ["TEMPLATES", "library_name", "write_ecosystems"]

TEMPLATES = Path(__file__).parent / "templates"
_PLACE = re.compile(r"@([a-z_]+)@")
_ARRAY = {"f32": "f", "q15": "h"}
_PUSH = {"f32": "ecm_app_push_f32", "q15": "ecm_app_push_s16"}
# Of a converter of 10 bits whose zero lies in the middle.
_INO_SAMPLE = {
    "f32": "(analogRead(A0 + channel) - 512) * ({range}f / 512.0f)",
    "q15": "(int16_t)((analogRead(A0 + channel) - 512) * 64)",
}


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
    names = sorted(p for p in TEMPLATES.rglob("*.in") if p.is_file())
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


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Put values in their places; a place without a value is our own mistake."""
    return _PLACE.sub(lambda found: values[found[1]], text)


def _values(app: Application, release: Release) -> dict[str, str]:
    contract, library = app.contract, library_name(app.name)
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
        "channels": ", ".join(contract.channels),
        "fs_hz": f"{contract.fs_hz:g}",
        "period_us": f"{max(1, round(1e6 / contract.fs_hz))}",
        "speed_hz": repr(float(sum(contract.speed_hz) / 2)),
        "samples": samples_of(contract),
        "push": _PUSH[contract.profile],
        "array_code": _ARRAY[contract.profile],
        "ino_sample": _INO_SAMPLE[contract.profile].format(range=float(contract.range)),
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
