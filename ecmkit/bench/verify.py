"""Verify a package: who sealed it, every byte, and that it computes the proven bits."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Literal

import msgspec

from ecmkit.bench.golden import read_golden
from ecmkit.bench.host import HostApp
from ecmkit.bench.parity import compare_runs
from ecmkit.bench.records import AppRun
from ecmkit.bench.runners import run as run_firmware
from ecmkit.errors import EcmError, FormatError, MissingError
from ecmkit.formats import minisign
from ecmkit.package import (
    ECOSYSTEMS,
    Package,
    check_ecosystems,
    check_files,
    check_signature,
    load_package,
    opened,
    version_key,
)
from ecmkit.targets import load_target

__all__ = ["Check", "Verification", "verify"]


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question about a package, and the answer."""

    what: str
    state: Literal["passed", "refused", "not run"]
    words: str
    """What was found; or why it is refused or was not run."""


class Verification(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """All questions in their order; behind a refusal none is asked."""

    version: int = 1
    """Format version of this record."""
    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing was refused."""
        return all(check.state != "refused" for check in self.checks)


def verify(
    path: Path,
    *,
    key: minisign.PublicKey | None,
    at_least: str | None = None,
    search: Iterable[Path] = (),
) -> Verification:
    """Verify a package.

    Nothing of it is compiled or run before its signature and all hashes are right.

    Parameters
    ----------
    path : Path
        Folder, or archive, of the package.
    key : PublicKey or None
        Who must have signed it. None takes it unsigned: its code is run all the same.
    at_least : str, optional
        Lowest version that is taken, such as the one in the field.
    search : iterable of Path
        Further folders with target files.

    Returns
    -------
    Verification

    Raises
    ------
    ValueError
        If `at_least` is not a version.
    """
    lowest = None if at_least is None else version_key(at_least)
    found: list[Check] = []
    try:
        with opened(path) as folder:
            for one in _checks(folder, key, lowest, tuple(search)):
                # an archive was unpacked somewhere that nobody can look into any more
                words = one.words.replace(str(folder), str(path))
                check = msgspec.structs.replace(one, words=words)
                found.append(check)
                if check.state == "refused":
                    break
    except FormatError as error:
        found.append(Check(what="archive", state="refused", words=str(error)))
    return Verification(checks=tuple(found))


def _checks(
    folder: Path,
    key: minisign.PublicKey | None,
    lowest: tuple[int, int, int] | None,
    search: tuple[Path, ...],
) -> Iterator[Check]:
    if key is None:
        words = "no key was given"
        yield Check(what="signature", state="not run", words=words)
    else:
        yield _ask("signature", lambda: check_signature(folder, key))
    yield _ask("files", lambda: f"{check_files(folder)} are what they were")
    package: list[Package] = []

    def contract() -> str:
        package.append(load_package(folder))
        return f"contract {package[0].contract.id[:16]}"

    yield _ask("contract", contract)
    own = package[0]  # a refusal has ended it before
    yield _ask("version", lambda: _version(own, lowest))
    yield _ask("ecosystems", lambda: _ecosystems(own))
    here: list[AppRun] = []

    def host() -> str:
        golden, expected = read_golden(own)
        here.append(HostApp(own).run(golden))
        return _parity(own, expected, here[0], "this machine")

    yield _ask("parity here", host)

    def device() -> str:
        golden, expected = read_golden(own)
        target = load_target(own.manifest.target, search=search)
        if not own.compiled:
            raise MissingError("the package is sources alone")
        measured = run_firmware(own, target, golden)
        return _parity(own, expected, measured.run, measured.runner)

    yield _ask("parity on the target", device)


def _ask(what: str, question: Callable[[], str]) -> Check:
    """Turn what is raised into an answer."""
    try:
        words = question()
    except MissingError as error:
        return Check(what=what, state="not run", words=str(error))
    except EcmError as error:
        return Check(what=what, state="refused", words=str(error))
    return Check(what=what, state="passed", words=words)


def _version(package: Package, lowest: tuple[int, int, int] | None) -> str:
    version = package.manifest.release.version
    if lowest is not None and version_key(version) < lowest:
        wanted = ".".join(map(str, lowest))
        raise FormatError(
            f"{package.path / 'manifest.json'}: `release.version`: found {version}, "
            f"expected {wanted} or later"
        )
    return version


def _ecosystems(package: Package) -> str:
    checked = check_ecosystems(package)
    return f"{len(checked)} of {len(ECOSYSTEMS)}: {', '.join(checked)}"


def _parity(package: Package, expected: AppRun, found: AppRun, where: str) -> str:
    parity = compare_runs(
        expected,
        found,
        features=package.contract.names,
        outputs=package.outputs,
    )
    if parity.differences:
        raise FormatError(
            f"{parity.differences} of {parity.compared} values differ; {where}: "
            f"{parity.first}"
        )
    return f"{parity.compared} values, {where}"
