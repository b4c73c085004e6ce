"""Symbols, MISRA findings and bill of materials of a package."""

import json
from pathlib import Path

import pytest

from ecmkit.bench.proofs import (
    Deviation,
    check_misra,
    components,
    deviations,
    prove_symbols,
)
from ecmkit.package import Package
from ecmkit.package.toolchain import find_compiler
from ecmkit.targets import Target

pytestmark = pytest.mark.emulator


def test_a_package_needs_no_heap_and_no_c_library(package: Package) -> None:
    found = prove_symbols(package.library)
    assert found.passed, found
    assert set(found.memory) <= {"memcpy", "memmove", "memset"}
    assert all(name.startswith("__") for name in found.compiler)


def test_heap_c_library_and_variables_are_found(target: Target, tmp_path: Path) -> None:
    (tmp_path / "bad.c").write_text(
        "void *malloc(unsigned n); int printf(const char *, ...); int many[3];\n"
        "static int first = 7;\n"
        'void *bad(void) { printf("%d", first++); return malloc(4); }\n'
    )
    tool = find_compiler(target, "gcc")
    tool.compile("bad.c", "bad_with_a_long_name.o", "-Os", cwd=tmp_path)
    tool.archive(["bad_with_a_long_name.o"], "bad.a", cwd=tmp_path)
    found = prove_symbols(tmp_path / "bad.a")
    assert not found.passed
    assert found.heap == ("malloc",)
    assert found.others == ("printf",)
    assert found.writable_bytes == {"bad_with_a_long_name.o": 16}


def test_findings_without_a_reason_are_named(tmp_path: Path) -> None:
    (tmp_path / "one.c").write_text(
        "static int f(int x)\n{\n    if (x > 3) {\n        goto end;\n    }\n"
        "    x = 1;\nend:\n    return x;\n}\n\nint g(int x);\n"
        "int g(int x)\n{\n    return f(x);\n}\n"
    )
    known = {"15.1": Deviation(category="advisory", reason="a test")}
    found = check_misra(tmp_path, known=known)
    assert found.files == 1
    assert found.findings["15.1"] == 1
    assert "one.c:4:misra-c2012-15.1" not in found.unexplained
    assert not check_misra(tmp_path, known={}).passed
    assert "one.c:4:misra-c2012-15.1" in check_misra(tmp_path, known={}).unexplained
    assert found.deviations == known
    assert [path.name for path in tmp_path.iterdir()] == ["one.c"]


def test_every_deviation_has_a_reason() -> None:
    found = deviations()
    assert all(len(one.reason) > 20 for one in found.values())
    assert all(one.category != "mandatory" for one in found.values())


def test_bill_of_materials(package: Package) -> None:
    made = components(package)
    assert made == json.loads(json.dumps(components(package)))
    assert (made["bomFormat"], made["specVersion"]) == ("CycloneDX", "1.6")
    refs = [part["bom-ref"] for part in made["components"]]
    assert len(set(refs)) == len(refs)
    assert made["dependencies"][0]["dependsOn"] == refs
    kinds = {part["type"] for part in made["components"]}
    assert kinds == {"library", "machine-learning-model", "file"}
    assert len([r for r in refs if r.startswith("file-")]) == len(package.sources)
