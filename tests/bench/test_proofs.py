"""Symbols and MISRA findings of a package."""

import shutil
from pathlib import Path

import pytest

from ecmkit._paths import csrc_dir
from ecmkit.bench.proofs import (
    Deviation,
    check_misra,
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


@pytest.mark.live
def test_every_finding_in_the_whole_library_has_a_reason(tmp_path: Path) -> None:
    """A package has those files that it needs; here are all."""
    source = tmp_path / "src"
    shutil.copytree(csrc_dir(), source)
    shutil.copyfile(source / "port" / "generic" / "ecm_port.h", source / "ecm_port.h")
    found = check_misra(source)
    assert found.files > 100
    assert found.unexplained == ()


def test_what_is_kept_depends_on_all_that_is_included(tmp_path: Path) -> None:
    source, cache = tmp_path / "src", tmp_path / "cache"
    (source / "port").mkdir(parents=True)
    (source / "one.c").write_text('#include "one.h"\nint f(void) { return ONE; }\n')
    (source / "one.h").write_text('int f(void);\n#include "port/two.h"\n')
    (source / "port" / "two.h").write_text("#define ONE 1\n")
    first = check_misra(source, cache=cache)
    assert check_misra(source, cache=cache) == first
    (kept,) = cache.iterdir()
    kept.write_text("one.c:1:misra-c2012-1.1\n")
    assert check_misra(source, cache=cache).findings == {"1.1": 1}
    (source / "port" / "two.h").write_text("#define ONE 2\n")
    assert check_misra(source, cache=cache) == first


def test_every_deviation_has_a_reason() -> None:
    found = deviations()
    assert all(len(one.reason) > 20 for one in found.values())
    assert all(one.category != "mandatory" for one in found.values())
