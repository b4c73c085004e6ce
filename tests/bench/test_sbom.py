"""The software bill of materials: what it lists, and that its schema takes it."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from msgspec import structs

from ecmkit import __version__
from ecmkit.bench.sbom import components
from ecmkit.formats import file_hash
from ecmkit.package import Package
from ecmkit.package.release import Release

pytestmark = pytest.mark.emulator


def test_bill_of_materials(package: Package) -> None:
    made = components(package)
    assert made == json.loads(json.dumps(components(package)))
    parts = {part["bom-ref"]: part for part in made["components"]}
    assert len(parts) == len(made["components"])
    inside = {row["ref"]: row["dependsOn"] for row in made["dependencies"]}
    assert sorted([*inside["package"], *inside["ecmkit-csrc"]]) == sorted(parts)
    assert {part["type"] for part in parts.values()} == {
        *("library", "machine-learning-model", "file")
    }
    for model in package.manifest.models:
        part = parts[f"model-{model.name}"]
        assert part["type"] == "machine-learning-model"
        assert part["hashes"] == [{"alg": "SHA-256", "content": model.hash}]
        assert part["modelCard"]["modelParameters"]["task"] == model.kind
    sources = [n for n in package.manifest.files if n.startswith("src/")]
    assert len(sources) > len(package.sources)
    for name in sources:
        part = parts[f"file-{name}"]
        assert part["hashes"][0]["content"] == file_hash(package.path / name)
        own = f"file-{name}" in inside["package"]
        assert own == Path(name).name.startswith(("ecm_package", "model_")), name
        assert ("expression" in part["licenses"][0]) == own


def test_bill_of_materials_says_what_is_asked_of_one(package: Package) -> None:
    """Supplier, name, version, identifier, licence, relations and time of release."""
    release = Release(
        version="1.2.0", vendor="Acme", author="Acme Pumps", license="Apache-2.0",
        url="https://acme.example/", date="2026-11-27",
    )  # fmt: skip
    manifest = structs.replace(package.manifest, release=release)
    made = components(Package(package.path, manifest, package.contract))
    assert made["metadata"]["timestamp"] == "2026-11-27T00:00:00Z"
    assert "timestamp" not in components(package)["metadata"]
    named = [made["metadata"]["component"]]
    named += [part for part in made["components"] if part["type"] != "file"]
    for part in named:
        assert part["supplier"]["name"] in {"Acme Pumps", "The ecmkit authors"}
        assert {"name", "version", "licenses", "bom-ref"} <= part.keys()
    assert named[0]["purl"] == f"pkg:generic/Acme/{manifest.name}@1.2.0"
    assert named[0]["licenses"] == [{"expression": "Apache-2.0"}]
    assert named[1]["purl"] == f"pkg:generic/ecmkit@{__version__}"
    assert (
        JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(made)) is None
    )


def test_bill_of_materials_keeps_the_schema(package: Package) -> None:
    made = components(package)
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    schema = JsonStrictValidator(SchemaVersion.V1_6)
    assert schema.validate_str(json.dumps(made)) is None
    made["components"][0]["hash"] = "1"
    wrong = schema.validate_str(json.dumps(made))
    assert wrong is not None
    assert "'hash' was unexpected" in str(wrong.data.message)
