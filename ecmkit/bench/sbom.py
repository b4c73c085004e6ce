"""The software bill of materials of a package."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecmkit import __version__
from ecmkit._paths import csrc_dir
from ecmkit.package import Package
from ecmkit.package.manifest import THIRD_PARTY, TWINS, Manifest, ThirdParty

__all__ = ["components"]

_LIBRARY = "ecmkit-csrc"
"""Reference to the device library."""
_MIT = {"license": {"id": "MIT"}}
_SUPPLIER = "The ecmkit authors"


def components(package: Package) -> dict[str, Any]:
    """Bill of materials of a package, CycloneDX 1.6.

    Parameters
    ----------
    package : Package
        Complete.

    Returns
    -------
    dict
        To be written as JSON; the same package gives the same bytes.
    """
    manifest = package.manifest
    parts = [
        _device_library(),
        *(_third_party(part) for part in manifest.third_party),
        *_models(manifest),
        *_files(manifest),
    ]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, package.id)}",
        "version": 1,
        "metadata": _metadata(package),
        "components": parts,
        "dependencies": [
            {"ref": ref, "dependsOn": refs}
            for ref, refs in _inside(manifest, parts).items()
        ],
    }


def _device_library() -> dict[str, Any]:
    return {
        "type": "library",
        "bom-ref": _LIBRARY,
        "supplier": {"name": _SUPPLIER},
        "name": "ecmkit device library",
        "version": __version__,
        "licenses": [_MIT],
        "purl": f"pkg:generic/ecmkit@{__version__}",
    }


def _third_party(part: ThirdParty) -> dict[str, Any]:
    """List what of others is in a package, by the package that it was taken from."""
    return {
        "type": "library",
        "bom-ref": f"third-party-{part.name}",
        "name": part.name,
        "version": part.version,
        "hashes": [_sha256(part.hash)],
        "licenses": [{"expression": part.license}],
        "purl": part.origin,
    }


def _models(manifest: Manifest) -> Iterator[dict[str, Any]]:
    release = manifest.release
    for model in manifest.models:
        yield {
            "type": "machine-learning-model",
            "bom-ref": f"model-{model.name}",
            "supplier": {"name": release.author},
            "name": model.name,
            "version": model.hash[:16],
            "hashes": [_sha256(model.hash)],
            "licenses": [{"expression": release.license}],
            "modelCard": {"modelParameters": {"task": model.kind}},
        }


def _files(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """List C files and headers, each under the licence of whose it is."""
    library = _library_names()
    others = {name: part for part in manifest.third_party for name in part.files}
    for name, digest in sorted(manifest.files.items()):
        if not name.startswith(("src/", f"{TWINS}/", f"{THIRD_PARTY}/")):
            continue
        license_: dict[str, Any]
        if name in others:
            license_ = {"expression": others[name].license}
        elif Path(name).name in library:
            license_ = _MIT
        else:
            license_ = {"expression": manifest.release.license}
        yield {
            "type": "file",
            "bom-ref": f"file-{name}",
            "name": name,
            "hashes": [_sha256(digest)],
            "licenses": [license_],
        }


def _library_names() -> set[str]:
    return {path.name for path in csrc_dir().rglob("*.[ch]")}


def _inside(manifest: Manifest, parts: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Refer to what is inside the package, the library and each third party."""
    library = _library_names()
    used = [
        part["bom-ref"]
        for part in parts
        if part["type"] == "file" and Path(part["name"]).name in library
    ]
    theirs = {
        f"third-party-{part.name}": [f"file-{name}" for name in part.files]
        for part in manifest.third_party
    }
    within = {*used, *(ref for refs in theirs.values() for ref in refs)}
    others = [part["bom-ref"] for part in parts if part["bom-ref"] not in within]
    return {"package": others, _LIBRARY: used, **theirs}


def _metadata(package: Package) -> dict[str, Any]:
    """Describe the package itself, and what made it."""
    manifest = package.manifest
    release, compiler = manifest.release, manifest.compiler
    tools = [("ecmkit", __version__), (compiler.name, compiler.version or "none")]
    metadata: dict[str, Any] = {
        "tools": {
            "components": [
                {"type": "application", "name": name, "version": version}
                for name, version in tools
            ]
        },
        "supplier": {"name": release.author},
        "component": {
            "type": "firmware",
            "bom-ref": "package",
            "supplier": {"name": release.author},
            "name": manifest.name,
            "version": release.version,
            "description": release.summary,
            "hashes": [_sha256(package.id)],
            "licenses": [{"expression": release.license}],
            "purl": f"pkg:generic/{release.vendor}/{manifest.name}@{release.version}",
        },
    }
    if release.date:
        metadata["timestamp"] = f"{release.date}T00:00:00Z"
    return metadata


def _sha256(digest: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": digest}
