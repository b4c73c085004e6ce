"""Orders of the shaft written as sums of bearing orders, such as ``2*BPFO - FTF``."""

import difflib
import re
from collections.abc import Mapping

from ecmkit.data import Orders

__all__ = ["parse_order", "slug"]

_TOKEN = re.compile(r"\s*(?:(?P<number>\d+\.?\d*)|(?P<name>[A-Za-z]+)|(?P<op>[-+*]))")


def parse_order(text: str, orders: Mapping[str, float]) -> float:
    """Evaluate a sum of products of numbers and names.

    Parameters
    ----------
    text : str
        Names are those of `orders` and shaft (1); operators are ``+ - *``.
    orders : mapping of str to float
        What names stand for; those of a bearing are known only with its geometry.

    Returns
    -------
    float
        Multiple of the shaft speed, above 0.

    Raises
    ------
    ValueError
        Naming what was found and expected.

    Examples
    --------
    >>> parse_order("2*shaft + 0.5*mesh", {"mesh": 23})
    13.5
    """
    total, product, sign, wants_factor = 0.0, 1.0, 1.0, True
    for kind, token in _tokens(text):
        if kind != "op":
            if not wants_factor:
                raise ValueError(f"found {token!r} in {text!r}, expected + - or *")
            product *= float(token) if kind == "number" else _value(token, orders)
            wants_factor = False
        elif wants_factor:
            raise ValueError(f"found {token!r} in {text!r}, expected a number or name")
        else:
            wants_factor = True
            if token != "*":
                total += sign * product
                product, sign = 1.0, 1.0 if token == "+" else -1.0
    if wants_factor:
        raise ValueError(f"found {text!r}, expected a number or name at its end")
    total += sign * product
    if not 0 < total < 1000:
        raise ValueError(f"found {text!r} = {total:g}, expected above 0, below 1000")
    return total


def slug(text: str) -> str:
    """Letters, digits and underscores that say the same.

    Examples
    --------
    >>> slug("2*BPFO - FTF")
    '2xBPFO_minus_FTF'
    """
    plain = "".join(text.split()).replace("*", "x").replace(".", "p")
    return plain.replace("+", "_plus_").replace("-", "_minus_")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at, end = [], 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ValueError(
                f"found {text[at:].strip()!r} in {text!r}, expected numbers, names "
                "and + - *"
            )
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


def _value(name: str, orders: Mapping[str, float]) -> float:
    if name == "shaft":
        return 1.0
    if name in orders:
        return float(orders[name])
    if name in Orders.__struct_fields__:
        raise ValueError(f"found {name!r} without [bearing], expected its geometry")
    names = tuple(dict.fromkeys((*Orders.__struct_fields__, *orders, "shaft")))
    near = difflib.get_close_matches(name.upper(), names, n=1, cutoff=0.5)
    near = near or difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(f"found {name!r}, expected one of {', '.join(names)}{hint}")
