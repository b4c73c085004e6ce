"""``ecmkit update``: from a package to a file that a device takes, and back."""

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ecmkit.cli.keygen import PASSWORD
from ecmkit.formats import KeyedHash, load_verifier, minisign, read_update
from ecmkit.package import Application, Package, Release, build, build_update
from ecmkit.package import write_archives as write_archives_of
from ecmkit.targets import load_target
from tests.cli.runner import Done, ecmkit
from tests.package.sample import application, models
from tests.package.test_model_data import kmeans, updates_of

SHARED = bytes(range(32))


def app(seed: int, *, inline: bool = False) -> Application:
    return application(models=models() if inline else (models()[0], kmeans(seed=seed)))


class Folder:
    """Packages of old and new data, and keys."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.old = self.package("old", app(1), Release(data_version=2))
        self.new = self.package("new", app(2), Release(version="1.1.0"))
        assert ecmkit("keygen", root / "up.key", "--unencrypted").code == 0
        (root / "shared.hex").write_text(SHARED.hex() + "\n")

    def package(self, name: str, of: Application, release: Release) -> Package:
        target = load_target("esp32")
        return build(of, target=target, out=self.root / name, release=release)

    def build(self, out: Path, *options: object, key: str = "up.key") -> Done:
        return ecmkit(
            "update", "build", self.new.path, "--key", self.root / key, "--out", out,
            *options,
        )  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("update"))


def refused(done: Done, *words: str) -> None:
    """It ended with one line that has the words."""
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    for word in words:
        assert word in done.err


def take(block: bytes, verify: Callable[[bytes, bytes], bool]) -> None:
    """Let a device with the old data take it, and work with the new."""
    device = updates_of(app(1), version=2)
    device.begin(len(block))
    device.write(block)
    device.commit(verify)
    weights = kmeans(seed=2).weights
    assert device.version == 3
    assert device.part(0, len(weights)) == weights


def test_a_device_takes_what_is_built(made: Folder, tmp_path: Path) -> None:
    out = tmp_path / "new.bin"
    done = made.build(out, "--version", 3, "--for", made.old.path)
    assert (done.code, done.err) == (0, "")
    block = out.read_bytes()
    assert f"{out}: version 3, {len(block):,} bytes, signed by Ed25519" in done.out
    take(block, load_verifier(made.root / "up.pub", scheme="ed25519"))
    assert list(tmp_path.iterdir()) == [out]
    public = ecmkit("update", "key", made.root / "up.key")
    text = (made.root / "up.pub").read_text()
    assert public.out.strip() == minisign.PublicKey.parse(text, where="").raw.hex()
    (tmp_path / "up.hex").write_text(public.out)
    take(block, load_verifier(tmp_path / "up.hex", scheme="ed25519"))


def test_it_is_what_python_writes(made: Folder, tmp_path: Path) -> None:
    """Of the package's data, as of the application before it was built."""
    done = made.build(
        tmp_path / "u", "--version", 3, "--scheme", "keyed", key="shared.hex"
    )
    assert done.code == 0
    signer = KeyedHash(SHARED)
    block = (tmp_path / "u").read_bytes()
    assert block == build_update(app(2), version=3, signer=signer)
    take(block, signer.verify)
    shown = ecmkit(
        "update", "show", tmp_path / "u", "--key", made.root / "shared.hex",
        "--scheme", "keyed", "--json",
    )  # fmt: skip
    assert (shown.code, json.loads(shown.out)["signed"]) == (0, True)


def test_a_package_that_verifies_says_how_and_by_whom(
    made: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("monocypher")
    module = sys.modules["ecmkit.package.build"]  # needs no sources of Monocypher so
    monkeypatch.setattr(module, "write_verify", lambda *_: ())
    done = ecmkit("update", "key", made.root / "up.key", "--scheme", "monocypher")
    public = done.out.strip()
    assert len(public) == 64
    (tmp_path / "up.hex").write_text(public)
    release = Release(verify="monocypher", verify_key=public)
    device = build(
        app(1), target=load_target("esp32"), out=tmp_path / "device", release=release
    )
    out = tmp_path / "new.bin"
    done = made.build(out, "--version", 3, "--for", device.path)
    assert (done.code, done.err) == (0, "")
    assert "signed by EddsaBlake2b" in done.out
    take(out.read_bytes(), load_verifier(tmp_path / "up.hex", scheme="monocypher"))
    shown = ecmkit(
        "update", "show", out, "--for", device.path, "--key", tmp_path / "up.hex"
    )
    assert shown.code == 0
    assert "by this key" in shown.out
    ecmkit("keygen", tmp_path / "other.key", "--unencrypted")
    shutil.copy(tmp_path / "other.key", made.root)
    arguments = ["--version", 3, "--for", device.path, "--replace"]
    refused(
        made.build(out, *arguments, key="other.key"),
        "package pump 0.1.0: `verify_key`: found " + public,
    )
    refused(
        made.build(out, *arguments, "--scheme", "ed25519"),
        "`verify`: found 'monocypher'", "EddsaBlake2b",
    )  # fmt: skip


def test_archives_do_as_well(made: Folder, tmp_path: Path) -> None:
    paths = [write_archives_of(p, tmp_path)[0] for p in (made.new, made.old)]
    done = ecmkit(
        "update", "build", paths[0], "--for", paths[1], "--version", 3,
        "--key", made.root / "up.key", "--out", tmp_path / "u",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert read_update((tmp_path / "u").read_bytes()).version == 3


class TestShow:
    @pytest.fixture
    def file(self, made: Folder, tmp_path: Path) -> Path:
        assert made.build(tmp_path / "new.bin", "--version", 3).code == 0
        return tmp_path / "new.bin"

    def test_what_is_in_it(
        self, made: Folder, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "120")
        arguments = [
            "update", "show", file, "--key", made.root / "up.pub",
            "--for", made.old.path,
        ]  # fmt: skip
        done = ecmkit(*arguments)
        assert (done.code, done.err) == (0, "")
        manifest = made.new.manifest
        found = json.loads(ecmkit(*arguments, "--json").out)
        assert found["version"] == 3
        assert found["contract_id"] == manifest.contract_id[:32]
        assert found["model_id"] == manifest.model_id[:32]
        assert (found["signed"], found["signature_bytes"]) == (True, 64)
        assert found["device"] == "package pump 0.1.0"
        assert [part["name"] for part in found["parts"]] == [
            "weights 1", "edges of the references", "shares of the references",
            "monitors",
        ]  # fmt: skip
        assert found["parts"][0]["bytes"] == len(kmeans(seed=2).weights)
        for word in (found["layout_id"], found["sha256"], "would take it", "monitors"):
            assert word in done.out
        assert "64 bytes, by this key" in done.out

    def test_whose_it_is_not(self, file: Path, tmp_path: Path) -> None:
        ecmkit("keygen", tmp_path / "other.key", "--unencrypted")
        done = ecmkit("update", "show", file, "--key", tmp_path / "other.pub")
        assert done.code == 1
        assert "refused: not by this key" in done.out
        assert "not checked; --key checks it" in ecmkit("update", "show", file).out

    def test_the_block_of_firmware_is_not_signed(self, made: Folder) -> None:
        data = made.old.path / "data.bin"
        done = ecmkit("update", "show", data)
        assert done.code == 0
        assert "none: devices in the field refuse it" in done.out
        done = ecmkit("update", "show", data, "--key", made.root / "up.pub", "--json")
        assert (done.code, json.loads(done.out)["signed"]) == (1, False)

    def test_devices_that_would_refuse_it(
        self, made: Folder, file: Path, tmp_path: Path
    ) -> None:
        late = made.package("late", app(3), Release(data_version=3))
        done = ecmkit("update", "show", file, "--for", late.path, "--json")
        assert done.code == 1
        assert json.loads(done.out)["misfit"] == (
            "update: field `version`: found 3, expected above 3, the data_version of "
            "package pump 0.1.0"
        )

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda x: b"", "found 0 bytes, expected a head of 80"),
            (lambda x: x[:-1], "field `bytes`: found"),
            (lambda x: x + b"\0", "field `bytes`: found"),
            (lambda x: b"X" + x[1:], r"field `magic`: found b'XCMU', expected b'ECMU'"),
            (lambda x: x[:4] + b"\2" + x[5:], "field `version`: found 2, expected 1"),
            (lambda x: x[:90] + b"\xff" + x[91:], "field `crc`: found 0x"),
            (lambda x: x[:40] + b"\xff" + x[41:], "field `crc`: found 0x"),
        ],
    )
    def test_a_damaged_file(
        self, file: Path, change: Callable[[bytes], bytes], words: str
    ) -> None:
        file.write_bytes(change(file.read_bytes()))
        refused(ecmkit("update", "show", file), f"{file}: update: ", words)

    def test_no_file(self, tmp_path: Path) -> None:
        refused(ecmkit("update", "show", tmp_path / "u"), "u: No such file")
        refused(ecmkit("update", "show", tmp_path), "Is a directory")


class TestRefused:
    """Nothing is written, and nothing that is there is lost."""

    @pytest.fixture
    def out(self, tmp_path: Path) -> Path:
        return tmp_path / "out" / "new.bin"

    @pytest.fixture(autouse=True)
    def nothing_is_written(self, out: Path) -> object:
        out.parent.mkdir()
        yield
        assert list(out.parent.iterdir()) == []

    def test_a_package_without_data(self, made: Folder, out: Path) -> None:
        plain = made.package("plain", app(1, inline=True), Release())
        words = (
            "data.bin: found none, expected that of a package with models of weights"
        )
        done = ecmkit(
            "update", "build", plain.path, "--version", 1,
            "--key", made.root / "up.key", "--out", out,
        )  # fmt: skip
        refused(done, f"{plain.path}: package pump 0.1.0: {words}")
        done = made.build(out, "--version", 1, "--for", plain.path)
        refused(done, words)

    def test_another_layout(self, made: Folder, out: Path) -> None:
        both = application(models=(models()[0], kmeans()), shadow=(kmeans(seed=2),))
        other = made.package("other", both, Release())
        done = made.build(out, "--version", 3, "--for", other.path)
        refused(done, "field `layout`: found ", "of package pump 0.1.0: other models")

    @pytest.mark.parametrize("version", [1, 2])
    def test_a_version_that_firmware_has(
        self, made: Folder, out: Path, version: int
    ) -> None:
        done = made.build(out, "--version", version, "--for", made.old.path)
        refused(done, f"field `version`: found {version}, expected above 2")

    @pytest.mark.parametrize("version", [0, -1, 2**32, "x"])
    def test_no_version(self, made: Folder, out: Path, version: object) -> None:
        done = made.build(out, "--version", version)
        assert (done.code, done.out) == (2, "")
        assert "--version" in done.err
        assert "Traceback" not in done.err

    @pytest.mark.parametrize(
        ("text", "scheme", "words"),
        [
            ("", "ed25519", "found 0 bytes, expected 158"),
            ("abcd", "ed25519", "private has 2 bytes, expected 32"),
            ("ab" * 32, "monocypher", "private has 32 bytes, expected 64"),
            ("ab" * 31, "keyed", "key has 31 bytes, expected 32"),
            ("key", "keyed", "found no hexadecimal digits, expected 64 of them"),
            ("ab" * 32, "keyd", "did you mean 'keyed'"),
        ],
    )
    def test_a_wrong_key(
        self, made: Folder, out: Path, text: str, scheme: str, words: str
    ) -> None:
        if scheme == "monocypher":
            pytest.importorskip("monocypher")
        (made.root / "wrong.key").write_text(text)
        done = made.build(out, "--version", 3, "--scheme", scheme, key="wrong.key")
        refused(done, words, "--scheme" if scheme == "keyd" else "wrong.key: ")

    def test_a_public_key_and_none(self, made: Folder, out: Path) -> None:
        done = made.build(out, "--version", 3, key="up.pub")
        refused(done, "up.pub: secret key: found 42 bytes, the length of a public key")
        refused(made.build(out, "--version", 3, key="no.key"), "no.key: No such file")
        (made.root / "binary.key").write_bytes(b"\xff\xfe")
        refused(made.build(out, "--version", 3, key="binary.key"), "no text")

    def test_an_encrypted_key(
        self, made: Folder, out: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = minisign.SecretKey.generate()
        (made.root / "hidden.key").write_text(key.text("secret"))
        monkeypatch.delenv(PASSWORD, raising=False)
        done = made.build(out, "--version", 3, key="hidden.key")
        refused(done, "hidden.key: the key is encrypted, expected a password")
        monkeypatch.setenv(PASSWORD, "secret")
        assert made.build(out, "--version", 3, key="hidden.key").code == 0
        out.unlink()

    def test_a_changed_package(self, made: Folder, out: Path, tmp_path: Path) -> None:
        copy = shutil.copytree(made.new.path, tmp_path / "copy")
        data = bytearray((copy / "data.bin").read_bytes())
        data[100] ^= 1
        (copy / "data.bin").write_bytes(data)
        done = ecmkit(
            "update", "build", copy, "--version", 3, "--key", made.root / "up.key",
            "--out", out,
        )  # fmt: skip
        refused(done, f"{copy / 'data.bin'}: not what manifest.json has the hash of")

    def test_no_package(self, made: Folder, out: Path, tmp_path: Path) -> None:
        done = ecmkit(
            "update", "build", tmp_path, "--version", 3, "--key", made.root / "up.key",
            "--out", out,
        )  # fmt: skip
        refused(
            done, f"{tmp_path / 'manifest.json'}: missing, expected it in a package"
        )


def test_a_file_is_written_over_only_if_that_is_said(
    made: Folder, tmp_path: Path
) -> None:
    out = tmp_path / "new.bin"
    out.write_text("mine")
    refused(made.build(out, "--version", 3), f"{out}: is there already; --replace")
    assert out.read_text() == "mine"
    assert made.build(out, "--version", 3, "--replace").code == 0
    assert read_update(out.read_bytes()).version == 3
    refused(made.build(tmp_path, "--version", 3), "found a folder, expected a name")
    done = made.build(tmp_path / "none" / "u", "--version", 3)
    refused(done, "found no folder", str(tmp_path / "none"))
    key = made.root / "up.key"
    before = key.read_bytes()
    refused(made.build(key, "--version", 3, "--replace"), "--out: found the key")
    assert key.read_bytes() == before


def test_help_has_units_and_examples() -> None:
    for name in ("build", "show", "key"):
        said = ecmkit("update", name, "--help").out
        assert f"Example: ecmkit update {name} " in " ".join(said.split())
