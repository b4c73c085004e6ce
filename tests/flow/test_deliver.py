"""``ecmkit package``, ``verify`` and ``keygen``: a project's champion, delivered."""

import os
import shutil
from pathlib import Path

import msgspec
import pytest

from ecmkit.bench import Verification
from ecmkit.cli.keygen import PASSWORD
from ecmkit.package import load_package
from ecmkit.registry import Registry
from tests.cli.runner import Done, ecmkit
from tests.flow.conftest import Finished


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    done = ecmkit("keygen", folder / "pump.key", "--unencrypted")
    assert (done.code, done.err) == (0, "")
    return folder


@pytest.fixture(scope="module")
def runs(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of the small project, which `finished` keeps for reading only."""
    folder = tmp_path_factory.mktemp("deliver")
    shutil.copytree(finished.runs, folder / "runs")
    for path in (finished.project, finished.project.with_name("short.toml")):
        shutil.copy(path, folder)
    project = folder / "small.toml"
    text = project.read_text()
    named = '[package]\nversion = "1.2.0"\nvendor = "Acme"\nauthor = "Acme"\n'
    project.write_text(f"{text}\n{named}")
    return folder


@pytest.fixture(scope="module")
def delivered(runs: Path, keys: Path) -> Done:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1795737600")
        return ecmkit(
            "package", runs / "small.toml", "--target", "mps2-an386",
            "--out", runs / "out", "--archives", runs / "archives",
            "--key", keys / "pump.key", "--runs", runs / "runs",
        )  # fmt: skip


@pytest.mark.emulator
def test_the_champion_is_packaged_for_the_target(delivered: Done, runs: Path) -> None:
    assert (delivered.code, delivered.err) == (0, "")
    assert f"package: {runs / 'out'}: 1.2.0, signed\n" in delivered.out
    made = load_package(runs / "out")
    assert made.manifest.target == "mps2-an386"
    assert made.manifest.release.date == "2026-11-27"
    champion = load_package(runs / "runs" / "small" / "package")
    assert made.manifest.model_id == champion.manifest.model_id
    card = (runs / "out" / "model-card.md").read_text()
    assert card.startswith("# small")
    assert "Runs on Arm MPS2, FPGA image AN386: Cortex-M4F (emulated)." in card
    assert {
        row.split(" | ")[0] for row in card.splitlines() if " | measured |" in row
    } == {"| mps2-an386"}
    assert f"- package `{made.id}`" in card
    said = (runs / "out" / "README.md").read_text()
    assert "# small 1.2.0 for mps2-an386" in said
    for row in ("| flash |", "| ram |", "| stack |", "| instructions per window |"):
        assert row in said
    assert "| cpu | " in said
    assert "proofs.json" not in said
    assert "costs on mps2-an386: flash " in delivered.out
    told = next(
        line for line in said.splitlines() if "| instructions per window" in line
    )
    assert told.split(" | ")[1].split(",")[0] in card
    assert "| DE | g | 16 | 12000 Hz |" in said
    assert {path.name for path in (runs / "archives").iterdir()} == {
        "ecm_small-1.2.0.tar.gz", "ecm_small-1.2.0.zip", "Acme.ecm_small.1.2.0.pack",
    }  # fmt: skip


@pytest.mark.emulator
def test_it_verifies_and_a_changed_one_does_not(
    delivered: Done, runs: Path, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    archive = runs / "archives" / "ecm_small-1.2.0.zip"
    done = ecmkit("verify", archive, "--key", keys / "pump.pub", "--json")
    assert (done.code, done.err) == (0, "")
    found = msgspec.json.decode(done.out, type=Verification)
    assert {check.state for check in found.checks} == {"passed"}
    copy = shutil.copytree(runs / "out", runs / "changed")
    with (copy / "README.md").open("a") as stream:
        stream.write("No warranty needed.\n")
    done = ecmkit("verify", copy, "--key", keys / "pump.pub")
    assert done.code == 1
    assert "README.md: not what SHA256SUMS has the hash of" in done.out
    assert "refused" in done.out
    other = ecmkit("keygen", runs / "other.key", "--unencrypted")
    assert other.code == 0
    done = ecmkit("verify", archive, "--key", runs / "other.pub", "--json")
    assert done.code == 1
    words = msgspec.json.decode(done.out, type=Verification).checks[0].words
    assert words.startswith(f"{archive}/SHA256SUMS.minisig: signed with key ")
    done = ecmkit("verify", copy, "--key", keys / "pump.pub", "--at-least", "1.x")
    assert (done.code, done.out) == (2, "")
    assert "--at-least: found '1.x', expected three numbers such as 1.2.0" in done.err


def test_the_secret_key_is_nowhere_in_it(
    delivered: Done, runs: Path, keys: Path
) -> None:
    secret = (keys / "pump.key").read_bytes().splitlines()[1]
    assert (keys / "pump.key").stat().st_mode & 0o777 == 0o600
    for path in runs.rglob("*"):
        assert not path.is_file() or secret not in path.read_bytes(), path


def test_a_missed_budget_is_no_package(runs: Path, tmp_path: Path) -> None:
    """Exit code 1, by how much, and nothing is written."""
    project = runs / "tight.toml"
    text = (runs / "small.toml").read_text()
    project.write_text(text.replace("flash_kib = 64", "flash_kib = 1"))
    done = ecmkit(
        "package", project, "--out", tmp_path / "out", "--runs", runs / "runs"
    )
    assert done.code == 1
    assert "refused: flash: " in done.out
    assert not (tmp_path / "out").exists()


@pytest.mark.emulator
def test_a_budget_that_another_target_misses_is_no_package_either(
    finished: Finished, runs: Path, tmp_path: Path
) -> None:
    """Floats in software: too many instructions on a Cortex-M0."""
    done = ecmkit(
        "package", runs / "small.toml", "--target", "mps2-an385-m0",
        "--out", tmp_path / "out", "--runs", runs / "runs",
    )  # fmt: skip
    assert done.code == 1
    assert "refused: instructions per window: " in done.out
    assert not (tmp_path / "out").exists()


def test_without_a_compiler_it_is_sources_alone(
    finished: Finished, runs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = ecmkit(
        "package", runs / "small.toml", "--target", "esp32", "--out", out,
        "--runs", runs / "runs",
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    assert "1.2.0, not signed" in done.out
    assert not (out / "lib").exists()
    assert "costs on esp32: not known, there is no compiler for xtensa-lx6" in done.out
    said = (out / "README.md").read_text()
    assert "None: ecmkit has no compiler for xtensa-lx6" in said
    for absent in ("gate.json", "evidence/", "Instructions are counted", "firmware/"):
        assert absent not in said
    card = (out / "model-card.md").read_text()
    assert "Runs on Espressif ESP32" in card
    assert "Nucleo" not in card
    assert "| measured |" not in card
    done = ecmkit("verify", out, "--unsigned", "--json")
    found = msgspec.json.decode(done.out, type=Verification)
    states = {check.what: check.state for check in found.checks}
    assert done.code == 0
    assert states["parity here"] == "passed"
    assert {k for k, v in states.items() if v == "not run"} == {
        "signature", "parity on the target",
    }  # fmt: skip


class TestUsage:
    def test_verify_wants_a_key_or_a_word(self, tmp_path: Path) -> None:
        for more in ([], ["--unsigned", "--key", tmp_path / "x.pub"]):
            done = ecmkit("verify", tmp_path, *more)
            assert done.code == 2
            assert "--unsigned" in done.err

    def test_a_package_that_is_not_there(self, tmp_path: Path) -> None:
        done = ecmkit("verify", tmp_path / "none", "--unsigned")
        assert done.code == 2
        assert "no such folder" in done.err

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("", "found a folder, expected a name for a file in it"),
            ("none/pump.key", "found no folder, expected one for the keys"),
        ],
    )
    def test_a_key_is_a_file_in_a_folder(
        self, tmp_path: Path, name: str, words: str
    ) -> None:
        done = ecmkit("keygen", tmp_path / name, "--unencrypted")
        assert done.code == 2
        assert words in done.err
        assert not list(tmp_path.iterdir())

    def test_a_folder_that_takes_no_package_is_told_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It was found out after the whole loop had run."""
        monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path)
        done = ecmkit("package", "x.toml", "--out", tmp_path / "new" / "pump")
        assert done.code == 2
        assert f"found {tmp_path}, expected a folder that may be written to" in done.err

    def test_a_folder_for_archives_may_lie_in_one_that_takes_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As that of a user does; a package needs the folder around it."""
        (tmp_path / "dist").mkdir()
        closed = [tmp_path]

        def access(path: Path, mode: int) -> bool:
            return not (mode & os.W_OK and path in closed)

        monkeypatch.setattr(os, "access", access)
        words = ["package", "x.toml", "--archives", tmp_path / "dist", "--out"]
        out = tmp_path / "dist" / "pump"
        assert "may be written to" not in ecmkit(*words, out).err
        closed[:] = [tmp_path / "dist"]
        done = ecmkit(*words, tmp_path / "pump")
        assert done.code == 2
        assert f"found {closed[0]}, expected a folder that may be written" in done.err

    def test_keys_are_not_written_over(self, keys: Path) -> None:
        before = (keys / "pump.key").read_bytes()
        done = ecmkit("keygen", keys / "pump.key", "--unencrypted")
        assert done.code == 2
        assert (keys / "pump.key").read_bytes() == before

    @pytest.mark.parametrize("name", ["pump.pub", "pump.PUB"])
    def test_a_secret_key_is_not_called_as_the_public_one(
        self, tmp_path: Path, name: str
    ) -> None:
        done = ecmkit("keygen", tmp_path / name, "--unencrypted")
        assert done.code == 2
        assert "expected another ending such as pump.key" in done.err
        assert not list(tmp_path.iterdir())

    def test_a_password_from_the_environment(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done = ecmkit("keygen", tmp_path / "a.key")
        assert done.code == 2
        assert PASSWORD in done.err
        monkeypatch.setenv(PASSWORD, "correct horse")
        done = ecmkit("keygen", tmp_path / "a.key")
        assert done.code == 0
        assert "minisign encrypted secret key" in (tmp_path / "a.key").read_text()
        monkeypatch.delenv(PASSWORD)
        done = ecmkit(
            "package", "x.toml", "--out", tmp_path / "o", "--key", tmp_path / "a.key"
        )
        assert done.code == 2
        assert "the key is encrypted, expected a password" in done.err

    def test_nothing_but_a_package_is_replaced(
        self, keys: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "work").mkdir()
        precious = tmp_path / "work" / "thesis.tex"
        precious.write_text("years")
        key = shutil.copy(keys / "pump.key", tmp_path / "work")
        done = ecmkit("package", "x.toml", "--out", tmp_path / "work")
        assert done.code == 2
        assert "found a folder with something else in it" in done.err
        (tmp_path / "work" / "manifest.json").write_text('{"name": "another\'s"}')
        done = ecmkit("package", "x.toml", "--out", tmp_path / "work")
        assert done.code == 2
        assert "found a folder with something else in it" in done.err
        for words in (("--out", key), ("--out", tmp_path / "o", "--archives", key)):
            done = ecmkit("package", "x.toml", *words)
            assert done.code == 2
            assert "pump.key: found a file, expected a folder or nothing" in done.err
        assert "secret key" in Path(key).read_text()
        done = ecmkit("package", "x.toml", "--out", tmp_path / "work", "--key", key)
        assert done.code == 2
        assert "expected a key outside of the package" in done.err
        out = tmp_path / "out"
        done = ecmkit("package", "x.toml", "--out", out, "--archives", out / "dist")
        assert done.code == 2
        assert "dist: expected a folder outside of the package" in done.err
        assert precious.read_text() == "years"

    def test_a_release_that_no_ecosystem_takes(self, runs: Path) -> None:
        project = runs / "bad.toml"
        text = (runs / "small.toml").read_text()
        project.write_text(text.replace('version = "1.2.0"', 'version = "1.2"'))
        done = ecmkit("package", project, "--out", runs / "o")
        assert done.code == 2
        assert "bad.toml" in done.err
        assert "package.version: found '1.2', expected three numbers" in done.err


def test_the_version_before_runs_beside_the_champion(
    runs: Path, tmp_path: Path
) -> None:
    """As sources: nothing is compiled for the target, and both are in the manifest."""
    place = shutil.copytree(runs / "runs", tmp_path / "runs")
    store = ("--store", place / "registry")
    assert ecmkit("registry", "alias", "small", "shadow", "1", *store).code == 0
    shutil.copy(runs / "short.toml", tmp_path)
    project = tmp_path / "small.toml"
    text = (runs / "small.toml").read_text()
    project.write_text(text.replace("seed = 3\n", 'seed = 3\nshadow = "shadow"\n'))
    done = ecmkit(
        "package", project, "--target", "esp32", "--out", tmp_path / "out",
        "--runs", place,
    )  # fmt: skip
    assert (done.code, done.err) == (0, "")
    made = load_package(tmp_path / "out")
    first = load_package(Registry(place / "registry").fetch("small", 1))
    entries = {model.name: model for model in made.manifest.models}
    beside = [name for name in entries if entries[name].champion]
    assert "shadow_classifier" in beside
    hashes = {model.hash for model in first.manifest.models}
    assert {entries[name].hash for name in beside} <= hashes
    assert entries["classifier"].hash not in hashes
    assert (made.path / "golden" / "outputs.f32").stat().st_size > 0
