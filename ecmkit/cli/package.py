"""``ecmkit package``: a project's champion, for every ecosystem of firmware."""

import os
from pathlib import Path

import typer

from ecmkit.cli.keygen import PASSWORD
from ecmkit.cli.output import console
from ecmkit.cli.run import stage_bar
from ecmkit.cli.targets import FOLDERS, target_folders

__all__ = ["command"]


def command(
    project: Path = typer.Argument(help="Project file, such as examples/demo.toml."),
    target: str | None = typer.Option(
        None, "--target", help="Board or machine; left out: the project's."
    ),
    out: Path = typer.Option(..., "--out", help="Folder of the package; is replaced."),
    archives: Path | None = typer.Option(
        None, "--archives", help="Folder for .tar.gz, .zip and .pack of it."
    ),
    key: Path | None = typer.Option(
        None, "--key", help="Secret key of minisign that signs it; see `ecmkit keygen`."
    ),
    data: Path | None = typer.Option(
        None, "--data", help="Folder of recordings, in place of the project's."
    ),
    runs: Path = typer.Option(Path("runs"), help="Folder of the project's results."),
    folders: list[Path] | None = FOLDERS,
) -> None:
    """Package the champion for CMake, Zephyr, Arduino, PlatformIO, ESP-IDF, Cargo..."""
    from ecmkit import flow
    from ecmkit.formats import minisign

    secret = None
    if key is not None:
        if key.resolve().is_relative_to(out.resolve()):
            raise ValueError(f"{key}: expected a key outside of the package, {out}")
        password = os.environ.get(PASSWORD, "")
        secret = minisign.SecretKey.parse(
            key.read_text("utf-8"), where=str(key), password=password
        )
    with stage_bar(flow.STAGES) as progress:
        done = flow.deliver(
            project,
            target=target,
            out=out,
            archives=archives,
            key=secret,
            data=data,
            runs=runs,
            targets=target_folders(folders),
            progress=progress,
        )
    show = console(soft_wrap=True)
    for miss in done.misses:
        show.print(f"refused: {miss}")
    if done.package is None:
        raise typer.Exit(1)
    manifest = done.package.manifest
    signed = "signed" if secret else "not signed"
    show.print(f"package: {out}: {manifest.release.version}, {signed}")
    show.print(f"costs on {done.costs}")
    for path in done.archives:
        show.print(f"archive: {path}")
