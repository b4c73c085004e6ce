"""Features of a plan as it is written, and as the device knows them."""

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from ecmkit._core import feat, line
from ecmkit.features.mel import has_cosine_transform
from ecmkit.features.orders import parse_order, slug
from ecmkit.formats import nearest

__all__ = ["Feature", "Row", "Setting", "expand"]

_PLURALS = {
    "orders": "order",
    "shares": "share",
    "lags": "lag",
    "bands_hz": "lo_hz",
    "frequencies_hz": "f_hz",
    "ranks": "rank",
    "bands": "band",
    "coefficients": "coefficient",
}
"""Fields that make a row of each of their values, and what they stand for."""
_LINES_MAX = 64
_COEFFICIENTS = 13
"""Cepstral coefficients that are usual."""
_TOLD_BY = (
    *("order", "spacing", "f_hz", "carrier_hz", "spacing_hz", "supply_hz"),
    *("lo_hz", "hi_hz", "lo_s", "hi_s", "share", "lo", "hi"),
)
_COUNTED_BY = ("lag", "bins", "n", "rank", "pole_pairs", "band", "coefficient")
"""Values that tell a feature from its siblings, in its name."""


class Feature(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A feature of a plan, or several of a name.

    Which fields one takes, the C table says.

    Examples
    --------
    >>> bands = Feature(name="band_rms", bands_hz=((0, 500), (500, 2000)))
    >>> lines = Feature(name="env_order", orders=("BPFO", "BPFI"), harmonics=3)
    """

    name: str
    """As in ``ecm_feat_table.h``."""
    channel: str | None = None
    """The only channel that has it; without, all have."""
    lo_hz: float | None = None
    """Lower edge of a band."""
    hi_hz: float | None = None
    """Upper edge of it, at most half of `fs_hz`."""
    bands_hz: tuple[tuple[float, float], ...] | None = None
    """Several of lo_hz and hi_hz."""
    order: float | str | None = None
    """Multiple of the shaft speed, or an expression such as ``2*BPFO - FTF``."""
    orders: tuple[float | str, ...] | None = None
    """Several of `order`."""
    harmonics: int | None = None
    """Take each order once, twice, ... so many times."""
    spacing: float | str | None = None
    """Distance of lines, written as an order."""
    share: float | None = None
    """Of the values or of the power that lies below, 0 ... 1."""
    shares: tuple[float, ...] | None = None
    """Several of `share`."""
    lo: float | None = None
    """Lower share of a range, 0 ... 1."""
    hi: float | None = None
    """Upper share of it, above `lo`."""
    lag: int | None = None
    """Distance of the samples that are compared, 1 or more."""
    lags: tuple[int, ...] | None = None
    """Several of `lag`."""
    bins: int | None = None
    """Of a histogram."""
    n: int | None = None
    """Number of lines, or pairs of lines, that are added."""
    rank: int | None = None
    """Of a peak by its height, 1 for the largest."""
    ranks: tuple[int, ...] | None = None
    """Several of `rank`."""
    f_hz: float | None = None
    """Frequency of a line, or of the first of a series."""
    frequencies_hz: tuple[float, ...] | None = None
    """Several of `f_hz`."""
    carrier_hz: float | None = None
    """Frequency of the line that has sidebands."""
    spacing_hz: float | None = None
    """Distance of the sidebands."""
    supply_hz: float | None = None
    """Frequency of the mains, or of a converter, that feeds a motor."""
    pole_pairs: int | None = None
    """Of a motor: half the number of its poles."""
    band: int | None = None
    """Of the mel scale, counted from 0; without, all."""
    bands: tuple[int, ...] | None = None
    """Several of `band`."""
    coefficient: int | None = None
    """Of the cosine transform of the bands, counted from 0; without, the first 13."""
    coefficients: tuple[int, ...] | None = None
    """Several of `coefficient`."""
    lo_s: float | None = None
    """Least quefrency: 1 over the widest spacing of lines."""
    hi_s: float | None = None
    """Largest quefrency: 1 over the narrowest."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A feature as the device knows it."""

    id: int
    n: int
    a: float
    b: float
    step: str
    name: str
    unit: str
    channel: str | None
    order: float
    """Highest multiple of the shaft speed that it reads; 0 if none."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What the rows of a plan depend on besides themselves."""

    unit: str
    fs_hz: float
    window_len: int
    orders: Mapping[str, float]
    """Names that an order may be written with."""
    line_unit: str
    """Unit of an amplitude of the envelope."""
    n_mels: int = 0
    """Bands of the mel scale; 0 if the plan has none."""


def expand(spec: str | Feature, where: str, setting: Setting) -> list[Row]:
    """Turn an entry of a plan's list into rows.

    Parameters
    ----------
    spec : str or Feature
        A name alone stands for a feature without fields.
    where : str
        What to call it in messages, such as ``features[3]``.
    setting : Setting
        Of the plan.

    Raises
    ------
    ValueError
        Naming the field, what was found and expected, and the nearest name.
    """
    feature = Feature(name=spec) if isinstance(spec, str) else spec
    table = {entry[1]: entry for entry in feat.table()}
    if feature.name not in table:
        raise ValueError(
            f"{where}.name: found {feature.name!r}, expected one of "
            f"{', '.join(table)}{nearest(feature.name, table)}"
        )
    entry = table[feature.name]
    if entry[3] in ("project", "encode"):
        raise ValueError(
            f"{where}.name: found {feature.name!r}, expected none: the table "
            f"`{entry[3]}` of a plan gives all of them"
        )
    used = [name for name in entry[4:7] if name]
    _check_fields(feature, used, where)
    if used in (["band"], ["coefficient"]):
        expected = f"a table, since {where} is {feature.name}"
        _expect(setting.n_mels > 0, "mel", "nothing", expected)
        feature = _with_bands(feature, used[0], setting.n_mels)
    return [
        _row(feature, values, entry, where, setting)
        for values in _singles(feature, used, where)
    ]


def _with_bands(feature: Feature, field: str, n_mels: int) -> Feature:
    """Say which bands, or coefficients of all bands, where nothing is said."""
    if field == "coefficient":
        fits = has_cosine_transform(n_mels)
        expected = "16, 32, 48, 64, 80, 96, 128 ..., since there is mfcc"
        _expect(fits, "mel.n_mels", n_mels, expected)
    if any(getattr(feature, name) is not None for name in (field, f"{field}s")):
        return feature
    count = n_mels if field == "band" else min(_COEFFICIENTS, n_mels)
    return msgspec.structs.replace(feature, **{f"{field}s": tuple(range(count))})


def _check_fields(feature: Feature, used: Sequence[str], where: str) -> None:
    """Refuse fields that the feature does not take, and ask for those that lack."""
    plurals = {single: plural for plural, single in _PLURALS.items()}
    plurals["hi_hz"] = "bands_hz"
    for field in feature.__struct_fields__:
        if field in ("name", "channel"):
            continue
        value, single = getattr(feature, field), _PLURALS.get(field, field)
        takes = single in used or (field == "harmonics" and "order" in used)
        if value is not None and not takes:
            raise ValueError(
                f"{where}.{field}: found {value!r}, expected no such field in "
                f"{feature.name}"
            )
        if field in _PLURALS and value is not None and not value:
            raise ValueError(f"{where}.{field}: found nothing, expected one or more")
    for field in used:
        plural = plurals.get(field, field)
        given = [f for f in {field, plural} if getattr(feature, f) is not None]
        if len(given) != 1 and (given or field not in ("band", "coefficient")):
            choice = field if plural == field else f"{field} or {plural}"
            found = "both" if given else "nothing"
            raise ValueError(f"{where}.{field}: found {found}, expected {choice}")


def _singles(
    feature: Feature, used: Sequence[str], where: str
) -> Iterator[dict[str, Any]]:
    """Values of the fields that are used, one set for each row."""
    groups: list[list[dict[str, Any]]] = []
    for field in used:
        if field == "hi_hz":
            continue
        plural = next((p for p, single in _PLURALS.items() if single == field), None)
        several = getattr(feature, plural) if plural else None
        if field == "lo_hz":
            pairs = several or ((feature.lo_hz, feature.hi_hz),)
            groups.append([{"lo_hz": lo, "hi_hz": hi} for lo, hi in pairs])
            continue
        values = several or (getattr(feature, field),)
        if field == "order" and feature.harmonics is not None:
            values = _harmonics(values, feature.harmonics, where)
        groups.append([{field: value} for value in values])
    for parts in itertools.product(*groups):
        yield {name: value for part in parts for name, value in part.items()}


def _harmonics(
    orders: Sequence[float | str], count: int, where: str
) -> list[float | str]:
    _expect(
        1 <= count <= _LINES_MAX, f"{where}.harmonics", count, f"1 ... {_LINES_MAX}"
    )
    made: list[float | str] = []
    for order in orders:
        if isinstance(order, str) and ("+" in order or "-" in order):
            raise ValueError(
                f"{where}.harmonics: found {count} of {order!r}, expected an order "
                "that is no sum"
            )
        made += [_multiple(order, h) for h in range(1, count + 1)]
    return made


def _multiple(order: float | str, h: int) -> float | str:
    """Write h times an order, such as 4*BSF for twice 2*BSF."""
    if h == 1 or not isinstance(order, str):
        return h * order if h > 1 else order
    first, star, rest = order.replace(" ", "").partition("*")
    if star and first.isdigit():
        return f"{h * int(first)}*{rest}"
    return f"{h}*{order}"


def _row(
    feature: Feature,
    values: dict[str, Any],
    entry: tuple[int, str, str, str, str, str, str, str, str, str],
    where: str,
    setting: Setting,
) -> Row:
    number, name, unit, step, n, a, b, *_ = entry
    orders: dict[str, float] = {
        field: _order(values[field], f"{where}.{field}", setting)
        for field in ("order", "spacing")
        if field in values
    }
    numbers: dict[str, Any] = {**values, **orders}
    _check_values(numbers, f"{where} ({name})", where, setting)
    if step in ("lines", "track"):
        _check_lines(numbers, name, where, setting)
    highest, lines = orders.get("order", 0.0), numbers.get("n", 1)
    if "spacing" in orders:
        highest += lines * orders["spacing"]
    else:
        highest *= lines
    if "pole_pairs" in values:
        highest = float(values["pole_pairs"])
    if name == "env_line":
        unit = setting.line_unit
    return Row(
        id=number,
        n=int(numbers.get(n, 0)),
        a=_single(numbers.get(a, 0.0)),
        b=_single(numbers.get(b, 0.0)),
        step=step,
        name=_readable(name, values),
        unit=unit.replace("u", setting.unit, 1) if unit in ("u", "u^2") else unit,
        channel=feature.channel,
        order=highest,
    )


def _order(value: float | str, where: str, setting: Setting) -> float:
    text = value if isinstance(value, str) else f"{value:.10g}"
    try:
        return parse_order(text, setting.orders)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _check_values(
    values: Mapping[str, Any], named: str, where: str, setting: Setting
) -> None:
    if "lo_hz" in values:
        lo, hi, nyquist = values["lo_hz"], values["hi_hz"], setting.fs_hz / 2
        expected = f"a rising band within 0 ... {nyquist:g} Hz (Nyquist)"
        _expect(0 <= lo < hi <= nyquist, named, f"{lo:g} ... {hi:g} Hz", expected)
    if "lo" in values:
        lo, hi = values["lo"], values["hi"]
        _expect(
            0 <= lo < hi <= 1, named, f"{lo:g} ... {hi:g}", "rising, within 0 ... 1"
        )
    if "lo_s" in values:
        lo, hi, most = values["lo_s"], values["hi_s"], setting.window_len / 2
        expected = f"rising, above 0, at most {most / setting.fs_hz:g} s, half a window"
        fits = 0 < lo <= hi <= most / setting.fs_hz
        _expect(fits, named, f"{lo:g} ... {hi:g} s", expected)
    limits: dict[str, tuple[int, int]] = {
        "share": (0, 1),
        "lag": (1, setting.window_len - 1),
        "bins": (2, setting.window_len),
        "n": (1, _LINES_MAX),
        "rank": (1, line.PEAKS_MAX),
        "pole_pairs": (1, 100),
        "band": (0, setting.n_mels - 1),
        "coefficient": (0, setting.n_mels - 1),
    }
    for field, (least, most) in limits.items():
        if field in values:
            value = values[field]
            fits = math.isfinite(value) and least <= value <= most
            _expect(fits, f"{where}.{field}", value, f"{least} ... {most}")


def _check_lines(
    values: Mapping[str, Any], name: str, where: str, setting: Setting
) -> None:
    """Check that lines lie within the spectrum, and how many there may be."""
    if name.endswith("thd"):
        n = values["n"]
        _expect(n >= 2, f"{where}.n", n, f"2 ... {_LINES_MAX}, with the fundamental")
    if name.endswith("sidebands") and "n" in values:
        n = values["n"]
        _expect(n <= feat.PAIRS_MAX, f"{where}.n", n, f"1 ... {feat.PAIRS_MAX}")
    for field in ("f_hz", "carrier_hz", "spacing_hz", "supply_hz"):
        if field in values:
            value, nyquist = values[field], setting.fs_hz / 2
            expected = f"above 0, up to {nyquist:g} Hz (Nyquist)"
            _expect(0 < value <= nyquist, f"{where}.{field}", value, expected)


def _readable(name: str, values: Mapping[str, Any]) -> str:
    """Name with the values that tell it from its siblings."""
    parts = [name.removesuffix("_order")]
    for field in _TOLD_BY:
        if field in values:
            value = values[field]
            parts.append(slug(value if isinstance(value, str) else f"{value:g}"))
    parts += [str(values[field]) for field in _COUNTED_BY if field in values]
    return "_".join(parts)


def _single(value: float) -> float:
    """Round to single precision: what the device holds, so that hashes agree."""
    return float(np.float32(value))


def _expect(met: bool, field: str, found: object, expected: str) -> None:
    if not met:
        raise ValueError(f"{field}: found {found}, expected {expected}")
