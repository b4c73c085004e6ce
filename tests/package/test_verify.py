"""Updates whose signature Monocypher judges: on the host and on emulated cores."""

import hashlib
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from ecmkit._paths import csrc_dir
from ecmkit.bench import Budget, Golden, HostApp, gate
from ecmkit.bench.elf import read_image
from ecmkit.bench.proofs import check_misra, prove_symbols
from ecmkit.bench.sbom import components
from ecmkit.bench.stack import prove_stack
from ecmkit.errors import FormatError, MissingError
from ecmkit.formats import Ed25519, EddsaBlake2b, KeyedHash, Signer, update_block
from ecmkit.package import Package, Release, build, check_ecosystems, monocypher
from ecmkit.package.verify import write_verify
from ecmkit.targets import Target, load_target
from tests.c import build as building
from tests.c import harness
from tests.c.cores import CORES, EMULATED, SMALL
from tests.c.cores import Target as Core
from tests.package.sample import SPEED_HZ, application, models, signal
from tests.package.test_build import WARNINGS, tool
from tests.package.test_model_data import kmeans

pytest.importorskip("monocypher")
IDS = {"contract_id": "ab" * 16, "layout_id": "cd" * 16, "model_id": "ef" * 16}
SECRET = bytes(range(32))
PUBLIC = "f65333fa6303b6a23defd7de2af8aa461cb047ccbf12d4edd29ef3b1eba6706b"
STRANGER = "19d3d919475deed4696b5d13018151d1af88b2bd3bcff048b45031c1f36d1858"
OWN = EddsaBlake2b(SECRET + bytes.fromhex(PUBLIC))
SIGNED = Release(verify="monocypher", verify_key=PUBLIC)
KEYED = Release(verify="monocypher-keyed")
SIGNERS: Mapping[str, tuple[Release, Signer, Signer]] = {
    "signed": (SIGNED, OWN, EddsaBlake2b(bytes(32) + bytes.fromhex(STRANGER))),
    "keyed": (KEYED, KeyedHash(SECRET), KeyedHash(bytes(32))),
}


def blocks_h(own: Signer, other: Signer) -> str:
    """Blocks for verify.c."""
    part = [bytes(range(16))]
    good = update_block(part, version=7, signer=own, **IDS)
    size = len(own.sign(b""))
    # Whole and newer, with the signature of the block above.
    forged = update_block(part, version=8, signer=own, **IDS)[:-size] + good[-size:]
    tables = {
        "firmware": update_block(part, version=0, signer=None, **IDS),
        "good": good,
        "stranger": update_block(part, version=7, signer=other, **IDS),
        "forged": forged,
        "secret": SECRET,
    }
    lines = [
        f"#define BLOCK_BYTES {len(good)}U",
        f"#define SIGNATURE_BYTES {size}U",
        "#define PART_BYTES 16U",
    ]
    for name, data in tables.items():
        words = ", ".join(map(str, data))
        used = "__attribute__((unused, aligned(8)))"
        lines.append(f"static const uint8_t {name}[{len(data)}] {used} = {{{words}}};")
    return "\n".join([*lines, ""])


def said_by(core: Core, kind: str, folder: Path) -> str:
    """Build verify.c for a core, and run it."""
    harness.require(core)
    release, own, other = SIGNERS[kind]
    (folder / "src").mkdir()
    write_verify(release, folder)
    (folder / "verify_blocks.h").write_text(blocks_h(own, other))
    platform = building.SUPPORT / f"platform_{core.platform}.c"
    adapter = folder / "src" / "ecm_package_verify.c"
    program = Path(__file__).parent / "verify.c"
    objects = building.compile_all(
        core, folder / "made", library=building.library_of(core, ["ecm_app_update.h"]),
        others=[program, adapter, building.SUPPORT / "ecm_test.c", platform],
        includes=[folder, folder / "src"],
    )  # fmt: skip
    # Its authors' code is under their rules, not under our warnings.
    objects += building.compile_all(
        core, folder / "made", library=(),
        others=[folder / "src" / "package_monocypher.c"], extra=("-w",),
    )  # fmt: skip
    made = building.link(core, objects, folder / "verify.elf")
    return building.run(core, made)


EXPECTED = (
    "good 00000001\nstatus 00000000\n"
    "stranger 00000007\nstatus fffffffe\n"
    "signature 00000007\nstatus fffffffe\n"
    "data 00000007\nstatus fffffffe\n"
)


@pytest.mark.parametrize(
    ("core", "kind"),
    [
        pytest.param(harness.HOSTS["gcc-O0-sanitized"], "signed", id="host"),
        pytest.param(harness.HOSTS["gcc-O0-sanitized"], "keyed", id="host-keyed"),
        pytest.param(EMULATED["cortex-m4f"], "signed", id="m4f",
                     marks=pytest.mark.emulator),
        pytest.param(CORES["m0plus"].target("gcc", "-Os"), "signed", id="m0plus",
                     marks=pytest.mark.emulator),
        pytest.param(SMALL, "keyed", id="avr-keyed", marks=pytest.mark.emulator),
    ],
)  # fmt: skip
def test_an_update_counts_if_its_signature_is_right(
    core: Core, kind: str, tmp_path: Path
) -> None:
    said = said_by(core, kind, tmp_path)
    assert said.startswith(EXPECTED), said
    assert "FAIL" not in said


@pytest.fixture(scope="module")
def made(target: Target, tmp_path_factory: pytest.TempPathFactory) -> Package:
    app = application(models=(models()[0], kmeans()))
    out = tmp_path_factory.mktemp("verified") / "pump"
    return build(app, target=target, out=out, release=SIGNED)


def test_sources_lie_in_the_package_as_they_came(made: Package) -> None:
    (part,) = made.manifest.third_party
    assert (part.name, part.version) == ("Monocypher", "4.0.3")
    assert part.license == "BSD-2-Clause OR CC0-1.0"
    assert part.origin == "pkg:pypi/pymonocypher@4.0.3.4"
    for name, data in monocypher.sources().items():
        assert (made.path / "third_party" / "monocypher" / name).read_bytes() == data
    assert set(part.files) <= made.manifest.files.keys()
    license_file = made.path / "third_party" / "monocypher" / "LICENSE.txt"
    assert "Loup Vaillant" in license_file.read_text()
    assert made.manifest.release.verify_key == PUBLIC
    assert "third_party/" in (made.path / "LICENSE").read_text()
    assert "third_party/" in (made.path / "README.md").read_text()


def test_every_ecosystem_takes_the_package(made: Package) -> None:
    assert len(check_ecosystems(made)) >= 7
    said = (made.path / "ecmkit.ecm_pump.pdsc").read_text()
    assert 'category="other" name="third_party/monocypher/monocypher.c"' in said
    assert 'category="source" name="src/package_monocypher.c"' in said


@pytest.mark.emulator
def test_its_flash_is_a_row_of_its_own(made: Package, target: Target) -> None:
    report = gate(
        made,
        target=target,
        golden=Golden(x=signal(1), speed_hz=SPEED_HZ),
        budget=Budget(),
        host=HostApp(made),
    )
    assert report.passed
    rows = {row.what: row for row in report.rows}
    own = rows["flash of Monocypher"]
    assert (own.unit, own.label, own.budget) == ("KiB", "measured", None)
    assert 10.0 < own.value < 12.0
    symbols = read_image(made.firmware, target).symbols
    assert "crypto_eddsa_check" in {symbol.name for symbol in symbols}
    assert "crypto_argon2" not in {symbol.name for symbol in symbols}


@pytest.mark.emulator
def test_evidence_tells_what_is_of_others(
    made: Package, target: Target, tmp_path: Path
) -> None:
    symbols = prove_symbols(made.library)
    assert symbols.passed, symbols
    assert set(symbols.memory) <= {"memcpy", "memmove", "memset"}
    proof = prove_stack(made.firmware, target, library=made.library)
    assert proof.proven
    assert 1500 < proof.bytes_of("ecm_package_verify") < 3000
    for name in ("ecm_package_verify.c", "package_monocypher.c"):
        shutil.copy(made.path / "src" / name, tmp_path)
    for path in (made.path / "src").rglob("*.h"):
        copy = tmp_path / path.relative_to(made.path / "src")
        copy.parent.mkdir(exist_ok=True)
        shutil.copy(path, copy)
    found = check_misra(tmp_path)
    assert (found.files, found.third_party) == (1, ("package_monocypher.c",))
    own = [p for p in found.unexplained if p.startswith("ecm_package_verify.c:")]
    assert own == []
    parts = {p["name"]: p for p in components(made)["components"]}
    assert parts["Monocypher"]["version"] == "4.0.3"
    assert parts["Monocypher"]["licenses"] == [
        {"expression": "BSD-2-Clause OR CC0-1.0"}
    ]
    assert parts["Monocypher"]["hashes"][0]["content"].startswith("5e56e3d3eb770a53")


@pytest.mark.parametrize("release", [SIGNED, KEYED], ids=["signed", "keyed"])
def test_the_adapter_is_clean_under_all_warnings(
    release: Release, tmp_path: Path
) -> None:
    (tmp_path / "src").mkdir()
    write_verify(release, tmp_path)
    done = subprocess.run(
        [
            tool("gcc"), "-std=c99", "-fsyntax-only", f"-I{csrc_dir()}",
            f"-I{csrc_dir() / 'port' / 'generic'}", *WARNINGS,
            str(tmp_path / "src" / "ecm_package_verify.c"),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""


def test_what_cannot_be_verified_is_refused(tmp_path: Path) -> None:
    for fields, words in (
        ({"verify": "rsa"}, "`verify`: found 'rsa', expected none, monocypher or"),
        ({"verify": "monocypher"}, "`verify_key`: found '', expected 64"),
        ({"verify": "monocypher", "verify_key": "AB" * 32}, "expected 64 hexadecimal"),
        ({"verify": "monocypher-keyed", "verify_key": PUBLIC}, "expected none with"),
        ({"verify_key": PUBLIC}, "expected none with `verify` = 'none'"),
    ):
        with pytest.raises(ValueError, match=words):
            Release(**fields)
    with pytest.raises(ValueError, match="no model has weights = 'data'"):
        build(
            application(), target=load_target("esp32"), out=tmp_path / "pump",
            release=SIGNED,
        )  # fmt: skip


class TestSources:
    """Where Monocypher comes from, and that nothing else is taken for it."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        for name, data in monocypher.sources().items():
            (tmp_path / name).write_bytes(data)
        monkeypatch.setenv(monocypher.PLACE, str(tmp_path))
        return tmp_path

    def test_a_folder_or_an_archive_will_do(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = monocypher.sources()
        with tarfile.open(folder / "own.tar.gz", "w:gz") as archive:
            for name in found:
                archive.add(folder / name, f"pymonocypher-4.0.3.4/{name}")
        monkeypatch.setenv(monocypher.PLACE, str(folder / "own.tar.gz"))
        assert monocypher.sources() == found

    def test_a_changed_file_is_named(self, folder: Path) -> None:
        text = (folder / "monocypher.c").read_bytes() + b"\n"
        (folder / "monocypher.c").write_bytes(text)
        digest = hashlib.sha256(text).hexdigest()
        with pytest.raises(FormatError, match=f"SHA-256 {digest}"):
            monocypher.sources()
        (folder / "monocypher.c").unlink()
        with pytest.raises(FormatError, match=r"`monocypher\.c`: found none"):
            monocypher.sources()

    def test_no_archive_is_named(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (folder / "x.tar.gz").write_text("no archive")
        for name in ("x.tar.gz", "none.tar.gz"):
            monkeypatch.setenv(monocypher.PLACE, str(folder / name))
            with pytest.raises(
                FormatError, match=rf"{name}: found no archive .*pymono"
            ):
                monocypher.sources()

    def test_without_pip_it_says_where_to_put_the_archive(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(monocypher.PLACE, raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setattr(sys, "executable", "/bin/false")
        with pytest.raises(MissingError, match=r"pymonocypher-4\.0\.3\.4\.tar\.gz.*"
                           "let ECMKIT_MONOCYPHER name"):  # fmt: skip
            monocypher.sources()
        assert list((tmp_path / "ecmkit").iterdir()) == []


def test_a_signer_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    assert OWN.public.hex() == PUBLIC
    assert len(OWN.sign(b"data")) == 64
    assert OWN.verify(b"data", OWN.sign(b"data"))
    assert not OWN.verify(b"date", OWN.sign(b"data"))
    assert not OWN.verify(b"data", b"short")
    with pytest.raises(ValueError, match="private has 32 bytes, expected 64"):
        EddsaBlake2b(SECRET)
    with pytest.raises(ValueError, match="a public key of others"):
        EddsaBlake2b(SECRET + bytes.fromhex(STRANGER))
    monkeypatch.setitem(sys.modules, "monocypher", None)
    with pytest.raises(MissingError, match=r"'monocypher': .*ecmkit\[monocypher\]"):
        EddsaBlake2b(SECRET + bytes.fromhex(PUBLIC))


P = 2**255 - 19
SMALL = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
"""y of a point of order 8, that of libsodium's list."""


@pytest.mark.parametrize("sign", [0, 1 << 255])
@pytest.mark.parametrize("y", [0, 1, P - 1, P, P + 1, SMALL, P - SMALL, 2])
def test_keys_under_which_anybody_or_nobody_signs_are_refused(
    y: int, sign: int
) -> None:
    key = (y | sign).to_bytes(32, "little").hex()
    with pytest.raises(ValueError, match="anybody can sign or nobody"):
        Release(verify="monocypher", verify_key=key)


@pytest.mark.parametrize("seed", range(20))
def test_keys_of_signers_are_taken(seed: int) -> None:
    key = Ed25519(bytes([seed]) * 32).public.hex()  # points of the same curve
    assert Release(verify="monocypher", verify_key=key).verify_key == key
