"""Updates of packages: the data of one, signed for devices that run another."""

import hashlib
from collections.abc import Callable

import msgspec

from ecmkit.errors import FormatError, saying
from ecmkit.formats import (
    EddsaBlake2b,
    KeyedHash,
    Scheme,
    Signer,
    Update,
    read_update,
    update_block,
)
from ecmkit.package.manifest import Package

__all__ = [
    "UpdateFacts",
    "UpdatePart",
    "check_update",
    "describe_update",
    "parts_of",
    "scheme_of",
    "sign_update",
]

_DATA = "data.bin"
_WEIGHTS_CONTRACT = slice(16, 32)  # of the head of weights, see ecm_weights.h
_BEHIND = ("edges of the references", "shares of the references", "monitors")


class UpdatePart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One part of an update."""

    name: str
    bytes: int


class UpdateFacts(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """What an update is for, what is in it, and who has signed it."""

    version: int
    """Of the data."""
    contract_id: str
    layout_id: str
    model_id: str
    """First 16 bytes of each, hexadecimal."""
    bytes: int
    """Of the whole file."""
    sha256: str
    parts: tuple[UpdatePart, ...]
    signature_bytes: int
    """0: not signed, as the block that comes with firmware."""
    signed: bool | None
    """Whether by the key; None: no key was given."""
    device: str
    """Name and version of the package that it was compared with; empty: none was."""
    misfit: str
    """Why devices that run it would refuse the update; empty: nothing is known."""

    @property
    def passed(self) -> bool:
        """Whether nothing that was asked speaks against it."""
        return self.signed is not False and not self.misfit


def sign_update(
    package: Package, *, version: int, signer: Signer, device: Package | None = None
) -> bytes:
    """Write the data of a package as an update: as `build_update`, of what was built.

    Parameters
    ----------
    package : Package
        Has the new data, such as the package of a retrained champion.
    version : int
        Of the data, 1 ... 2^32 - 1: above that of the last update.
    signer : Signer
        Whose key the devices know.
    device : Package, optional
        What devices run; the update is refused here if they would refuse it. What
        verifies their updates is asked of it, else of `package`.

    Returns
    -------
    bytes

    Raises
    ------
    FormatError
        If the package has no models with weights as data; or naming the field that
        does not fit the device's package.
    ValueError
        If the version is outside its range.
    """
    if version < 1:
        raise ValueError(f"version is {version}, expected 1 or more")
    own = _own(package)
    _check_signer(device or package, signer)
    block = update_block(
        own.parts,
        version=version,
        contract_id=own.contract_id,
        layout_id=own.layout_id,
        model_id=own.model_id,
        signer=signer,
    )
    if device is not None:
        check_update(read_update(block), device)
    return block


def check_update(update: Update, device: Package) -> None:
    """Tell whether devices that run a package would take an update.

    Parameters
    ----------
    update : Update
        Its signature is not judged.
    device : Package
        What they run, with no update before.

    Raises
    ------
    FormatError
        Naming the field, what was found and what was expected.
    """
    _compare(update, _own(device), device)


def _compare(update: Update, own: Update, device: Package) -> None:
    least = device.manifest.release.data_version
    sizes, wanted = ([len(part) for part in of.parts] for of in (update, own))
    rules = (
        ("contract", update.contract_id, own.contract_id, "other features"),
        ("layout", update.layout_id, own.layout_id, "other models, bins or monitors"),
        ("parts", sizes, wanted, "other sizes"),
    )
    for field, found, expected, meaning in rules:
        if found != expected:
            raise FormatError(
                f"update: field `{field}`: found {found}, expected {expected} of "
                f"{_name(device)}: {meaning}"
            )
    if update.version <= least:
        raise FormatError(
            f"update: field `version`: found {update.version}, expected above "
            f"{least}, the data_version of {_name(device)}"
        )


def describe_update(
    data: bytes,
    *,
    verify: Callable[[bytes, bytes], bool] | None = None,
    device: Package | None = None,
) -> UpdateFacts:
    """Tell what a file of an update has.

    Parameters
    ----------
    data : bytes
        The whole of it.
    verify : callable, optional
        As of `formats.read_update`, such as of `formats.load_verifier`.
    device : Package, optional
        What devices run, to be compared with.

    Returns
    -------
    UpdateFacts

    Raises
    ------
    FormatError
        If it is no whole update; naming the field, what was found and expected.
    """
    update = read_update(data)
    size = len(update.signature)
    signed, misfit = None, ""
    if verify is not None:
        signed = bool(size) and verify(data[: len(data) - size], update.signature)
    if device is not None:
        own = _own(device)
        try:
            _compare(update, own, device)
        except FormatError as error:
            misfit = str(error)
    return UpdateFacts(
        version=update.version,
        contract_id=update.contract_id,
        layout_id=update.layout_id,
        model_id=update.model_id,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        parts=parts_of(update),
        signature_bytes=size,
        signed=signed,
        device="" if device is None else _name(device),
        misfit=misfit,
    )


def parts_of(update: Update) -> tuple[UpdatePart, ...]:
    r"""Name the parts of an update: weights of models, references, monitors.

    Examples
    --------
    >>> ids = {"contract_id": "ab" * 16, "layout_id": "cd" * 16, "model_id": "ef" * 16}
    >>> weights = bytes(16) + b"\xab" * 16 + bytes(20)
    >>> parts = [weights, bytes(8), bytes(4)]
    >>> update = read_update(update_block(parts, version=1, signer=None, **ids))
    >>> [part.name for part in parts_of(update)]
    ['weights 1', 'edges of the references', 'shares of the references']
    """
    contract = bytes.fromhex(update.contract_id)
    n = 0
    while n < len(update.parts) and update.parts[n][_WEIGHTS_CONTRACT] == contract:
        n += 1
    names = [f"weights {i + 1}" for i in range(n)]
    names += [
        _BEHIND[i] if i < len(_BEHIND) else f"part {n + i + 1}"
        for i in range(len(update.parts) - n)
    ]
    return tuple(
        UpdatePart(name=name, bytes=len(part))
        for name, part in zip(names, update.parts, strict=True)
    )


def scheme_of(package: Package) -> Scheme:
    """Return how updates for a package are signed: `formats.SCHEMES`.

    Where the product verifies them itself, ``ed25519``.
    """
    schemes: dict[str, Scheme] = {
        "monocypher": "monocypher",
        "monocypher-keyed": "keyed",
    }
    return schemes.get(package.manifest.release.verify, "ed25519")


def _check_signer(device: Package, signer: Signer) -> None:
    """Refuse signatures that the package's own check does not take."""
    release = device.manifest.release
    kinds = {"monocypher": EddsaBlake2b, "monocypher-keyed": KeyedHash}
    kind = kinds.get(release.verify)
    if kind is None:
        return
    where = _name(device)
    if not isinstance(signer, kind):
        raise FormatError(
            f"{where}: `verify`: found {release.verify!r}, expected it to take what "
            f"{type(signer).__name__} signs; it takes {kind.__name__}"
        )
    if isinstance(signer, EddsaBlake2b) and signer.public.hex() != release.verify_key:
        raise FormatError(
            f"{where}: `verify_key`: found {release.verify_key}, expected the "
            f"signer's, {signer.public.hex()}"
        )


def _own(package: Package) -> Update:
    if _DATA not in package.manifest.files:
        raise FormatError(
            f"{_name(package)}: {_DATA}: found none, expected that of a package with "
            'models of weights = "data"; without, there are no updates'
        )
    with saying(f"{_name(package)}: {_DATA}"):
        return read_update((package.path / _DATA).read_bytes())


def _name(package: Package) -> str:
    """Name a package as it names itself: that of an archive has a passing folder."""
    manifest = package.manifest
    return f"package {manifest.name} {manifest.release.version}"
