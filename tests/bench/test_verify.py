"""Packages verified: whole ones pass, and what is wrong with others is named."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from ecmkit.bench import (
    Golden,
    HostApp,
    Verification,
    read_golden,
    verify,
    write_golden,
)
from ecmkit.bench.records import EVENT_DTYPE
from ecmkit.errors import FormatError
from ecmkit.formats import file_hash
from ecmkit.formats.minisign import SecretKey
from ecmkit.package import Package, load_package, seal, write_archives
from tests.package.sample import SPEED_HZ, signal

KEY = SecretKey(b"12345678", bytes(range(32)))
FIRST = ("signature", "files", "contract", "version", "ecosystems")


@pytest.fixture(scope="module")
def sealed(
    package: Package, host_app: HostApp, tmp_path_factory: pytest.TempPathFactory
) -> Package:
    path = tmp_path_factory.mktemp("sealed") / "pump"
    copy = load_package(shutil.copytree(package.path, path))
    golden = Golden(x=signal(2), speed_hz=SPEED_HZ)
    write_golden(copy, golden, host_app.run(golden))
    seal(copy, key=KEY)
    return copy


def refused(found: Verification) -> str:
    """Words of the refusal, which is the last check."""
    assert not found.passed
    assert [c.what for c in found.checks if c.state == "refused"] == [
        found.checks[-1].what
    ]
    return found.checks[-1].words


@pytest.mark.emulator
def test_a_whole_package_passes_here_and_on_its_target(
    sealed: Package, tmp_path: Path
) -> None:
    archive = write_archives(sealed, tmp_path)[0]
    found = verify(archive, key=KEY.public, at_least="0.1.0")
    assert found.passed
    assert {c.what: c.state for c in found.checks} == dict.fromkeys(
        (*FIRST, "parity here", "parity on the target"), "passed"
    )
    words = {check.what: check.words for check in found.checks}
    assert words["signature"].startswith("ecm_pump 0.1.0 for mps2-an386")
    assert "values, this machine" in words["parity here"]


def test_golden_signals_are_read_as_they_were_written(
    sealed: Package, host_app: HostApp
) -> None:
    golden, run = read_golden(sealed)
    assert golden.x.shape == (1, len(signal(2)))
    assert golden.x.tobytes() == signal(2).tobytes()
    again = host_app.run(golden)
    assert again.events.tobytes() == run.events.tobytes()
    assert again.features.tobytes() == run.features.tobytes()
    assert again.frames == run.frames
    assert len(run.events) == 2


def test_a_flipped_byte_is_named_in_every_file(sealed: Package) -> None:
    paths = sorted(p for p in sealed.path.rglob("*") if p.is_file())
    assert len(paths) > 100
    for path in paths:
        data = path.read_bytes()
        try:
            ends = {0, len(data) - 1} if path.parent == sealed.path else set()
            for at in {len(data) // 2, *ends}:
                broken = bytearray(data)
                broken[at] ^= 1
                path.write_bytes(broken)
                words = refused(verify(sealed.path, key=KEY.public))
                assert words.startswith(f"{path}: "), words
        finally:
            path.write_bytes(data)


def test_unsigned_packages_are_checked_all_the_same(
    sealed: Package, tmp_path: Path
) -> None:
    path = shutil.copytree(sealed.path, tmp_path / "pump")
    (path / "src" / "ecm_app.c").write_text("int main(void);\n")
    found = verify(path, key=None)
    assert found.checks[0].state == "not run"
    assert refused(found) == (
        f"{path / 'src' / 'ecm_app.c'}: not what SHA256SUMS has the hash of: found "
        f"SHA-256 {file_hash(path / 'src' / 'ecm_app.c')[:16]}, expected "
        f"{file_hash(sealed.path / 'src' / 'ecm_app.c')[:16]}"
    )


def test_a_wrong_key_a_missing_signature_and_an_extra_file(
    sealed: Package, tmp_path: Path
) -> None:
    other = SecretKey.generate()
    words = refused(verify(sealed.path, key=other.public))
    assert "SHA256SUMS.minisig: signed with key" in words
    path = shutil.copytree(sealed.path, tmp_path / "pump")
    (path / "extra.c").touch()
    assert "extra.c: not listed in SHA256SUMS" in refused(verify(path, key=KEY.public))
    (path / "SHA256SUMS.minisig").unlink()
    words = refused(verify(path, key=KEY.public))
    assert words.endswith("SHA256SUMS.minisig: missing: the package is not signed")


def test_an_older_version_is_refused(sealed: Package) -> None:
    found = verify(sealed.path, key=KEY.public, at_least="0.1.1")
    assert [check.what for check in found.checks] == list(FIRST[:4])
    assert "`release.version`: found 0.1.0, expected 0.1.1 or later" in refused(found)
    with pytest.raises(ValueError, match="found '1', expected three numbers"):
        verify(sealed.path, key=KEY.public, at_least="1")


def test_other_bits_than_the_proven_ones_are_refused(
    sealed: Package, tmp_path: Path
) -> None:
    """Signed by the right key, but not what the code computes."""
    copy = load_package(shutil.copytree(sealed.path, tmp_path / "pump"))
    golden, run = read_golden(copy)
    run.features[1, 0] = np.nextafter(run.features[1, 0], np.float32(9.0))
    write_golden(copy, golden, run)
    seal(copy, key=KEY)
    found = verify(copy.path, key=KEY.public)
    assert found.checks[-1].what == "parity here"
    assert "window 1, feature rms" in refused(found)


def test_a_contract_that_is_not_the_firmwares_is_refused(
    sealed: Package, tmp_path: Path
) -> None:
    copy = load_package(shutil.copytree(sealed.path, tmp_path / "pump"))
    path = copy.path / "contract.json"
    path.write_text(path.read_text().replace('"range": 8.0', '"range": 4.0'))
    seal(copy, key=KEY)
    words = refused(verify(copy.path, key=KEY.public))
    assert words.startswith(f"{path}: not what manifest.json has the hash of: found ")


def test_golden_files_of_another_length_are_named(
    sealed: Package, tmp_path: Path
) -> None:
    copy = load_package(shutil.copytree(sealed.path, tmp_path / "pump"))
    path = copy.path / "golden" / "features.f32"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(
        FormatError, match=r"features\.f32: found 44 bytes, expected 48"
    ):
        read_golden(copy)
    path = copy.path / "golden" / "golden.json"
    record = msgspec.json.decode(path.read_bytes())
    path.write_bytes(msgspec.json.encode({**record, "speed": 1.0}))
    with pytest.raises(FormatError, match=r"golden\.json: .*unknown field `speed`"):
        read_golden(copy)
    for field, wrong, words in (
        ("frames", ["xy"], "`frames`: non-hexadecimal number found"),
        ("windows", -1, "`windows` is -1, expected 0 or more"),
        ("samples_len", -1, "`samples_len` is -1, expected 0 or more"),
    ):
        path.write_bytes(msgspec.json.encode({**record, field: wrong}))
        with pytest.raises(FormatError, match=rf"golden\.json: {words}"):
            read_golden(copy)


def test_an_event_has_the_bytes_that_the_formats_say() -> None:
    said = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")
    assert f"{EVENT_DTYPE.itemsize} bytes a window" in said
    ends = {name: EVENT_DTYPE.fields[name][1] for name in EVENT_DTYPE.names or ()}
    assert (ends["score"], ends["value"], ends["change_ratio"]) == (28, 60, 108)
    assert (ends["shadow_class_id"], ends["suspended"]) == (112, 120)


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    words = refused(verify(tmp_path / "x.zip", key=None))
    assert "x.zip: found neither a folder nor an archive" in words
    assert "\n" not in words
    words = refused(verify(tmp_path, key=None))
    assert words.endswith("SHA256SUMS: missing: the package is not sealed")
