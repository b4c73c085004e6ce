"""``ecmkit update``: new data for devices in the field, signed, and what is in them."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import typer

from ecmkit.cli.keygen import PASSWORD
from ecmkit.cli.output import console
from ecmkit.errors import saying

if TYPE_CHECKING:
    from ecmkit.formats import Scheme
    from ecmkit.package import Package, UpdateFacts

__all__ = ["app"]

app = typer.Typer(
    help="Write and read signed updates of the data of devices.", no_args_is_help=True
)

SCHEME = typer.Option(
    None, "--scheme",
    help="How it is signed: ed25519, monocypher or keyed; left out: what the package's "
    "`verify` takes, else ed25519.",
)  # fmt: skip


@app.callback()
def _root() -> None:
    """Write and read signed updates of the data of devices."""


@app.command("build")
def build_command(
    package: Path = typer.Argument(
        help="Folder or archive of a package with the new data, such as "
        "runs/pump/package."
    ),
    version: int = typer.Option(
        ..., "--version", min=1, max=2**32 - 1,
        help="Of the data, above that of the last update; devices refuse others.",
    ),
    key: Path = typer.Option(
        ..., "--key",
        help="Secret key: of `ecmkit keygen`, its password in ECMKIT_KEY_PASSWORD; or "
        "hexadecimal digits, of keyed 64.",
    ),
    out: Path = typer.Option(..., "--out", help="File of the update, binary."),
    device: Path | None = typer.Option(
        None, "--for",
        help="Folder or archive of the package that devices run: refuse here what "
        "they would refuse.",
    ),
    scheme: str | None = SCHEME,
    replace: bool = typer.Option(False, "--replace", help="Write over the file."),
) -> None:  # fmt: skip
    """Sign a package's data as an update for devices that run one of the same layout.

    Example: ecmkit update build runs/pump/package --version 2 --key ../update.key
    --for pump-1.2.0 --out pump-2.bin
    """
    from ecmkit import package as packages
    from ecmkit.formats import load_signer, require_new, write_atomic

    require_new(out, replace=replace)
    if out.resolve() == key.resolve():
        raise ValueError(f"--out: found the key, {key}, expected another file")
    with ExitStack() as stack:
        own = _package(package, stack)
        fits = None if device is None else _package(device, stack)
        signer = load_signer(
            key,
            scheme=_scheme(scheme, fits or own),
            password=os.environ.get(PASSWORD, ""),
        )
        with saying(str(package)):
            block = packages.sign_update(
                own, version=version, signer=signer, device=fits
            )
    write_atomic(out, block)
    console(soft_wrap=True).print(
        f"update: {out}: version {version}, {len(block):,} bytes, signed by "
        f"{type(signer).__name__}"
    )


@app.command("show")
def show_command(
    file: Path = typer.Argument(help="File of an update, or data.bin of a package."),
    key: Path | None = typer.Option(
        None, "--key",
        help="Who must have signed it: public key of `ecmkit keygen`, or hexadecimal "
        "digits; of keyed the secret ones.",
    ),
    device: Path | None = typer.Option(
        None, "--for", help="Folder or archive of the package that devices run."
    ),
    scheme: str | None = SCHEME,
    as_json: bool = typer.Option(False, "--json", help="Print JSON."),
) -> None:  # fmt: skip
    """Show what an update is for, its parts in bytes, and whose it is.

    Exits with 1 if it is not signed by --key, or if devices that run --for would
    refuse it.

    Example: ecmkit update show pump-2.bin --key ../update.pub --for pump-1.2.0
    """
    from ecmkit import package as packages
    from ecmkit.formats import load_verifier

    with ExitStack() as stack:
        fits = None if device is None else _package(device, stack)
        verify = None
        if key is not None:
            verify = load_verifier(key, scheme=_scheme(scheme, fits))
        data = file.read_bytes()
        with saying(str(file)):
            facts = packages.describe_update(data, verify=verify, device=fits)
    if as_json:
        typer.echo(msgspec.json.encode(facts).decode())
    else:
        _show(facts)
    raise typer.Exit(0 if facts.passed else 1)


@app.command("key")
def key_command(
    key: Path = typer.Argument(help="Secret key, as of `ecmkit update build`."),
    scheme: str = typer.Option(
        "ed25519", "--scheme", help="How it signs: ed25519 or monocypher."
    ),
) -> None:
    """Print a secret key's public one for devices, 64 hexadecimal digits.

    Such as `verify_key` of a package with `verify = "monocypher"`, which is another
    one than minisign's.

    Example: ecmkit update key ../update.key --scheme monocypher
    """
    from ecmkit.formats import KeyedHash, load_signer

    signer = load_signer(
        key, scheme=_scheme(scheme, None), password=os.environ.get(PASSWORD, "")
    )
    if isinstance(signer, KeyedHash):
        raise ValueError("--scheme: found 'keyed', which has no public key")
    typer.echo(signer.public.hex())


def _package(path: Path, stack: ExitStack) -> "Package":
    from ecmkit import package

    return package.load_package(stack.enter_context(package.opened(path)))


def _scheme(said: str | None, package: "Package | None") -> "Scheme":
    """Return what was said, else what the package takes."""
    from ecmkit.formats import SCHEMES, nearest
    from ecmkit.package import scheme_of

    if said is None:
        return "ed25519" if package is None else scheme_of(package)
    for scheme in SCHEMES:
        if said == scheme:
            return scheme
    raise ValueError(
        f"--scheme: found {said!r}, expected one of {', '.join(SCHEMES)}"
        f"{nearest(said, SCHEMES)}"
    )


def _show(facts: "UpdateFacts") -> None:
    signed = {True: "by this key", False: "refused: not by this key"}
    words = signed.get(facts.signed, "not checked; --key checks it")  # type: ignore[arg-type]
    if not facts.signature_bytes:
        words = "none: devices in the field refuse it"
    rows = [
        ("version", str(facts.version)),
        ("contract", facts.contract_id),
        ("layout", facts.layout_id),
        ("model", facts.model_id),
        ("size", f"{facts.bytes:,} bytes"),
        ("SHA-256", facts.sha256),
        *((part.name, f"{part.bytes:,} bytes") for part in facts.parts),
        ("signature", f"{facts.signature_bytes} bytes, {words}"),
    ]
    if facts.device:
        fit = f"refused: {facts.misfit}" if facts.misfit else "would take it"
        rows.append((f"devices with {facts.device}", fit))
    out = console(soft_wrap=True)
    for field, value in rows:
        out.print(f"{field}: {value}")
