"""Draw the page of a feature plan's fields from the records that read it.

``python docs/plan_page.py`` writes ``docs/feature-plan.md``; a test compares.
"""

import ast
import importlib
import inspect
import types
import typing
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec

from ecmkit.data import BearingGeometry
from ecmkit.features import Feature, FeaturePlan
from ecmkit.features.parts import (
    PlanEnvelope,
    PlanFilter,
    PlanLines,
    PlanMel,
    PlanSensor,
    PlanVelocity,
    Scaler,
)
from ecmkit.features.speed import PlanTacho
from ecmkit.features.tracking import PlanTracking
from ecmkit.formats import EncodeStep, ProjectStep

__all__ = ["SECTIONS", "page"]

HEAD = """\
# A feature plan, field by field

A plan is a TOML file, or `features.FeaturePlan` with the same names. What is wrong in
it is answered with file, field, what was found and what was expected. Features and what
each of them takes: [features](features/README.md); where to start:
[howto-choose-features](howto-choose-features.md). A field without a default has to be
there. This page is drawn from the records that read the file, by `docs/plan_page.py`.

```toml
channel = "DE"
unit = "g"
fs_hz = 12000.0
range = 16.0
window_len = 1024
hop_len = 512
features = ["rms", { name = "band_rms", bands_hz = [[10.0, 1000.0], [1000.0, 6000.0]] }]
```
"""
SECTIONS: tuple[tuple[str, type[msgspec.Struct], str], ...] = (
    ("The plan itself", FeaturePlan, ""),
    ("`features = [...]`: an entry with fields", Feature,
     "A name alone, such as `\"rms\"`, stands for `{ name = \"rms\" }`. Plurals make a "
     "row of each of their values. Which fields a feature takes says "
     "[its page](features/README.md)."),
    ("`[sensors.CHANNEL]`", PlanSensor, ""),
    ("`[[filters]]`", PlanFilter, "Applied to all samples, in the order of the file."),
    ("`[tacho]`", PlanTacho, ""),
    ("`[velocity]`", PlanVelocity, "Of `velocity_rms`."),
    ("`[lines]`", PlanLines, "Of `line`, `order_line` and others of the spectrum."),
    ("`[tracking]`", PlanTracking, "Of tracked features, behind angular resampling."),
    ("`[mel]`", PlanMel, "Of `mel_level` and `mfcc`."),
    ("`[envelope]`", PlanEnvelope, "Of `env_...`."),
    ("`[bearing]`", BearingGeometry, ""),
    ("`[scaler]`", Scaler,
     "`features.fit_scaler` makes it; the device runs it behind the features."),
    ("`[project]`", ProjectStep, "`features.fit_pca` makes it, as `pca.step()`."),
    ("`[encode]`", EncodeStep, "`train.fit_encoder` makes it, of layers in int8."),
)  # fmt: skip
_WORDS = {str: "text", float: "number", int: "whole number", bool: "true or false"}


def page() -> str:
    """Return the page."""
    parts = [HEAD]
    for title, kind, about in SECTIONS:
        parts.append(f"\n## {title}\n")
        if about:
            parts.append(f"\n{about}\n")
        parts.append("\n| field | type | default | meaning |\n|---|---|---|---|\n")
        texts = documents(kind)
        hints = typing.get_type_hints(kind)
        for field in msgspec.structs.fields(kind):
            cells = (
                f"`{field.encode_name}`",
                _type(hints[field.name]),
                _default(field),
                texts.get(field.name, ""),
            )
            parts.append(f"| {' | '.join(cells)} |\n")
    return "".join(parts)


def documents(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Read the text below each field of a record."""
    module = importlib.import_module(kind.__module__)
    tree = ast.parse(inspect.getsource(module))
    body = next(
        node.body
        for node in tree.body
        if isinstance(node, ast.ClassDef) and node.name == kind.__name__
    )
    found = {}
    for node, text in pairwise(body):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            words = " ".join(str(text.value.value).split())
            found[node.target.id] = words.replace("``", "`").replace("|", "\\|")
    return found


def _type(hint: Any) -> str:
    if hint in _WORDS:
        return _WORDS[hint]
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return ", ".join(f"`{value}`" for value in inner)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(one) for one in inner if one is not type(None))
    if origin is tuple and inner[-1] is Ellipsis:
        return f"list of {_many(inner[0])}"
    if origin is tuple:
        return f"{len(inner)} {_many(inner[0])}"
    if origin is dict:
        return f"table of {_many(inner[1])}"
    return "table"


def _many(hint: Any) -> str:
    one = _type(hint)
    if one.startswith("list of "):
        return f"lists of {one.removeprefix('list of ')}"
    if one[0].isdigit():
        return f"pairs of {one.partition(' ')[2]}"
    return one.replace("table", "tables").replace("number", "numbers")


def _default(field: msgspec.structs.FieldInfo) -> str:
    if field.required:
        return "-"
    value = field.default
    if value is msgspec.NODEFAULT:
        value = field.default_factory()
    if isinstance(value, msgspec.Struct):
        return "its defaults"
    if value is None or value in ((), {}, ""):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return f"`{msgspec.json.encode(value).decode()}`"
    return f"`{value}`"


if __name__ == "__main__":
    target = Path(__file__).resolve().parent / "feature-plan.md"
    target.write_text(page(), "utf-8")
