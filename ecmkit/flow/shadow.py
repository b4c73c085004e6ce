"""Challengers in a package: the models of a version of the registry, beside its own."""

from dataclasses import replace

from ecmkit import graph
from ecmkit.errors import FormatError
from ecmkit.flow.context import Context
from ecmkit.package import Application, load_package

__all__ = ["with_challengers"]


def with_challengers(context: Context, app: Application) -> Application:
    """Put the models beside an application's that the project's alias stands for.

    Parameters
    ----------
    context : Context
        The run; `Project.shadow` names the alias.
    app : Application
        Of the champion; challengers that it has already are replaced.

    Returns
    -------
    Application
        The same if the project names no alias, or the alias no version. Models that
        are the champion's own, or that have no champion to be compared with, are left
        out.

    Raises
    ------
    FormatError
        If the version reads features of another contract, or has no models to be run;
        names both.
    """
    own, registry = context.project, context.registry
    app = replace(app, shadow=())
    version = registry.alias(own.name, own.shadow) if own.shadow else None
    if version is None:
        return app
    where = f"`shadow`: version {version} of {own.name!r}, the {own.shadow}"
    manifest = load_package(registry.fetch(own.name, version)).manifest
    if manifest.contract_id != app.contract.id:
        raise FormatError(
            f"{where}: found feature contract {manifest.contract_id}, expected "
            f"{app.contract.id}: withdraw it by `ecmkit registry alias {own.name} "
            f"{own.shadow}`, or leave `shadow` out"
        )
    models = graph.read_served(registry.fetch_served(own.name, version))
    kept = {entry.hash for entry in manifest.models if not entry.champion}
    champions = {(m.kind, () if m.kind == "class" else m.outputs) for m in app.models}
    beside = tuple(
        model
        for model in models
        if model.hash in kept - {m.hash for m in app.models}
        and (model.kind, () if model.kind == "class" else model.outputs) in champions
    )
    context.progress(
        "package",
        f"version {version} runs beside: {', '.join(m.name for m in beside) or 'none'}",
    )
    return replace(app, shadow=beside)
