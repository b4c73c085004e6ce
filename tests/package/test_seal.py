"""Seals and archives: every file counts, nothing slips in, no key goes along."""

import io
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ecmkit.errors import FormatError
from ecmkit.formats.minisign import SecretKey
from ecmkit.package import (
    Package,
    check_files,
    check_signature,
    load_package,
    opened,
    seal,
    write_archives,
)
from tests.package.test_build import tool

KEY = SecretKey(b"12345678", bytes(range(32)))


@pytest.fixture
def sealed(package: Package, tmp_path: Path) -> Package:
    copy = load_package(shutil.copytree(package.path, tmp_path / "sealed" / "pump"))
    seal(copy, key=KEY)
    return copy


def test_a_sealed_package_is_still_one(sealed: Package, package: Package) -> None:
    assert load_package(sealed.path).id == package.id
    words = check_signature(sealed.path, KEY.public)
    assert words == f"ecm_pump 0.1.0 for mps2-an386, package {package.id[:16]}"
    assert check_files(sealed.path) == sum(p.is_file() for p in package.path.rglob("*"))


def test_the_hashes_are_those_of_the_coreutils(sealed: Package) -> None:
    done = subprocess.run(
        [tool("sha256sum"), "-c", "--strict", "--quiet", "SHA256SUMS"],
        cwd=sealed.path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_without_a_key_an_old_signature_goes(sealed: Package) -> None:
    seal(sealed)
    assert check_files(sealed.path) > 0
    with pytest.raises(FormatError, match="minisig: missing: the package is not sign"):
        check_signature(sealed.path, KEY.public)


def test_another_key_is_refused(sealed: Package) -> None:
    with pytest.raises(FormatError, match="signed with key 3837363534333231, expected"):
        check_signature(sealed.path, SecretKey.generate().public)
    same_name = SecretKey(KEY.id, bytes(32)).public
    with pytest.raises(FormatError, match=r"minisig: not a signature by this key"):
        check_signature(sealed.path, same_name)


@pytest.mark.parametrize("text", [KEY.text(), KEY.text("password")])
def test_a_secret_key_is_not_sealed_in(sealed: Package, text: str) -> None:
    (sealed.path / "src" / "pump.key").write_text(text)
    with pytest.raises(FormatError, match=r"pump\.key: a secret key in a package"):
        seal(sealed, key=KEY)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: (p / "src" / "x.c").touch(), "src/x.c: not listed in SHA256SUMS"),
        (lambda p: (p / "x").symlink_to("/etc/hosts"), "/x: not listed"),
        (lambda p: (p / "LICENSE").unlink(), "LICENSE: missing"),
        (lambda p: (p / "README.md").write_text("free"), "README.md: not what"),
        (lambda p: (p / "SHA256SUMS").unlink(), "SHA256SUMS: missing"),
        (lambda p: (p / "SHA256SUMS").write_text(""), "SHA256SUMS: not a list"),
        (lambda p: (p / "SHA256SUMS").write_bytes(b"\xff"), "SHA256SUMS: not a list"),
    ],
)
def test_what_is_not_as_it_was_is_named(
    sealed: Package, change: Callable[[Path], None], words: str
) -> None:
    change(sealed.path)
    with pytest.raises(FormatError) as found:
        check_files(sealed.path)
    assert words in str(found.value)


def test_archives_hold_the_same_tree(sealed: Package, tmp_path: Path) -> None:
    for archive in write_archives(sealed, tmp_path / "out"):
        with opened(archive) as folder:
            assert check_files(folder) == check_files(sealed.path)
            check_signature(folder, KEY.public)
    with opened(sealed.path) as folder:
        assert folder == sealed.path


def test_archives_are_read_by_other_programs(sealed: Package, tmp_path: Path) -> None:
    tar, own_zip, pack = write_archives(sealed, tmp_path)
    said = subprocess.run(
        ["tar", "-tvzf", tar], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert all(line.startswith("-rw-r--r-- 0/0 ") for line in said)
    assert all("1980-01-01" in line for line in said)
    assert {line.split()[-1].partition("/")[0] for line in said} == {"ecm_pump-0.1.0"}
    with zipfile.ZipFile(own_zip) as archive:
        assert archive.testzip() is None
        assert {n.partition("/")[0] for n in archive.namelist()} == {"ecm_pump"}
    with zipfile.ZipFile(pack) as archive:
        assert "ecmkit.ecm_pump.pdsc" in archive.namelist()


def bad_zip(path: Path, name: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "x")
    return path


def bad_tar(path: Path, kind: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("pump/x")
        info.type, info.linkname = kind, "/etc/passwd"
        archive.addfile(info, io.BytesIO())
    return path


def test_an_archive_that_reaches_out_is_refused(tmp_path: Path) -> None:
    made = [
        bad_zip(tmp_path / "a.zip", "../x"),
        bad_zip(tmp_path / "b.zip", "/x"),
        bad_zip(tmp_path / "c.zip", "a\\x"),
        bad_tar(tmp_path / "d.tar.gz", tarfile.SYMTYPE),
        bad_tar(tmp_path / "e.tar.gz", tarfile.LNKTYPE),
        tmp_path / "f.tar.gz",
    ]
    made[-1].write_bytes(b"neither")
    for path in made:
        with pytest.raises(FormatError, match=path.name), opened(path):
            pass
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in made}
