"""``ecmkit keygen``: a pair of keys to sign packages with, as minisign has them."""

import os
import sys
from pathlib import Path

import typer

from ecmkit.cli.output import console

__all__ = ["PASSWORD", "command"]

PASSWORD = "ECMKIT_KEY_PASSWORD"
"""Variable of the environment with the password of a key."""


def command(
    key: Path = typer.Argument(help="File of the secret key, such as ../pump.key."),
    unencrypted: bool = typer.Option(
        False, "--unencrypted", help="Without a password: for machines that build."
    ),
) -> None:
    """Make a pair of keys: the secret one, and beside it the public one, as .pub."""
    from ecmkit.formats import minisign

    if key.is_dir():
        raise ValueError(f"{key}: found a folder, expected a name for a file in it")
    if not key.parent.is_dir():
        raise ValueError(f"{key.parent}: found no folder, expected one for the keys")
    if key.suffix.lower() == ".pub":
        raise ValueError(
            f"{key}: found the name of a public key, expected another ending such as "
            f"{key.with_suffix('.key').name}"
        )
    public = key.with_suffix(".pub")
    for path in (key, public):
        if path.exists():
            raise ValueError(f"{path}: is there already")
    password = "" if unencrypted else os.environ.get(PASSWORD, "")
    if not password and not unencrypted:
        if not sys.stdin.isatty():
            raise ValueError(f"{PASSWORD}: found nothing, expected a password")
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    made = minisign.SecretKey.generate()
    handle = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(made.text(password))
    with public.open("x", encoding="utf-8") as stream:
        stream.write(made.public.text())
    out = console(soft_wrap=True)
    out.print(f"secret key: {key} (keep it out of repositories and packages)")
    out.print(f"public key: {public}")
