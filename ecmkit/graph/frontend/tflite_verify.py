"""Are all offsets of a TFLite file within it? Checked before anything follows them."""

import struct
from collections.abc import Mapping

from ecmkit.errors import FormatError

__all__ = ["verify"]

_SCALARS = {"1": 1, "4": 4, "8": 8}
_MAX_TABLES = 1 << 20
_MAX_RANK = 8

# By table: name and type of each field in the order of the schema. "1", "4", "8" are
# scalars of so many bytes, "[4]" is a vector of them, "<=[4]" one of at most 8; "text";
# "Name" a table, "[Name]" a vector of tables; "any" a table of settings; "no" what is
# refused; "" what is never followed.
_TABLES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Model": (
        ("version", "4"), ("operator_codes", "[OperatorCode]"),
        ("subgraphs", "[SubGraph]"), ("description", ""), ("buffers", "[Buffer]"),
    ),
    "OperatorCode": (
        ("deprecated_builtin_code", "1"), ("custom_code", "text"), ("version", "4"),
        ("builtin_code", "4"),
    ),
    "SubGraph": (
        ("tensors", "[Tensor]"), ("inputs", "[4]"), ("outputs", "[4]"),
        ("operators", "[Operator]"), ("name", ""),
    ),
    "Buffer": (("data", "[1]"), ("offset", "8"), ("size", "8")),
    "Tensor": (
        ("shape", "<=[4]"), ("type", "1"), ("buffer", "4"), ("name", "text"),
        ("quantization", "QuantizationParameters"), ("is_variable", "1"),
        ("sparsity", "no"), ("shape_signature", "<=[4]"), ("has_rank", "1"),
        ("variant_tensors", "no"), ("external_buffer", "4"),
    ),
    "QuantizationParameters": (
        ("min", "[4]"), ("max", "[4]"), ("scale", "[4]"), ("zero_point", "[8]"),
        ("details_type", "1"), ("details", "no"), ("quantized_dimension", "4"),
    ),
    "Operator": (
        ("opcode_index", "4"), ("inputs", "[4]"), ("outputs", "[4]"),
        ("builtin_options_type", "1"), ("builtin_options", "any"),
    ),
    "ReshapeOptions": (("new_shape", "<=[4]"),),
    "SqueezeOptions": (("squeeze_dims", "<=[4]"),),
}  # fmt: skip


def verify(data: bytes, vectors: Mapping[int, str]) -> None:
    """Follow every offset of a model that a reader would follow.

    Parameters
    ----------
    data : bytes
        The file.
    vectors : mapping of int to str
        By kind of settings: name of its table above, where it holds vectors.

    Raises
    ------
    FormatError
        If one leaves the file, or overlaps what it belongs to; names table and field.
    """
    if len(data) < 8 or data[4:8] != b"TFL3":
        raise FormatError(
            f"TFLite: identifier {data[4:8]!r} at byte 4, expected b'TFL3'"
        )
    _Walk(data, vectors).root()


class _Walk:
    def __init__(self, data: bytes, vectors: Mapping[int, str]) -> None:
        self.data = data
        self.vectors = vectors
        self.seen: set[tuple[int, str]] = set()

    def root(self) -> None:
        waiting = [(self.number("<I", 0, "root"), "Model")]
        # A stack of our own: no file can exhaust Python's.
        while waiting:
            found = waiting.pop()
            if found in self.seen:
                continue
            self.seen.add(found)
            if len(self.seen) > _MAX_TABLES:
                raise FormatError(f"TFLite: more than {_MAX_TABLES} tables")
            waiting += self.table(*found)

    def number(self, form: str, at: int, where: str) -> int:
        size = struct.calcsize(form)
        if not 0 <= at <= len(self.data) - size:
            raise FormatError(f"TFLite {where}: byte {at} of {len(self.data)}")
        (value,) = struct.unpack_from(form, self.data, at)
        return int(value)

    def fields(self, at: int, name: str) -> tuple[list[int], int]:
        """Offsets of a table's fields, 0 for none, and its size."""
        view = at - self.number("<i", at, name)
        size = self.number("<H", view, f"{name}: vtable")
        own = self.number("<H", view + 2, f"{name}: vtable")
        if size < 4 or size % 2 or view + size > len(self.data):
            raise FormatError(f"TFLite {name}: vtable of {size} bytes at {view}")
        if own < 4 or at + own > len(self.data):
            raise FormatError(f"TFLite {name}: {own} bytes at {at}")
        offsets = list(struct.unpack_from(f"<{size // 2 - 2}H", self.data, view + 4))
        if offsets and max(offsets) >= own:
            raise FormatError(f"TFLite {name}: a field beyond its {own} bytes")
        return offsets, own

    def table(self, at: int, name: str) -> list[tuple[int, str]]:
        """Check a table; return those that it refers to."""
        offsets, own = self.fields(at, name)
        more: list[tuple[int, str]] = []
        known = _TABLES.get(name, ())
        kinds = dict(zip((n for n, _ in known), offsets, strict=False))
        for (field, kind), offset in zip(known, offsets, strict=False):
            where = f"{name}.{field}"
            if not offset or not kind:
                continue
            if offset + _SCALARS.get(kind, 4) > own:
                raise FormatError(f"TFLite {where}: beyond the table")
            if kind == "no":
                raise FormatError(
                    f"TFLite {where}: sparse, variant and custom-quantised tensors are "
                    "not supported; convert the model with plain dense tensors"
                )
            if kind == "any":
                chosen = kinds["builtin_options_type"]
                number = self.number("<B", at + chosen, where) if chosen else 0
                more.append((self.follow(at + offset, where), self.options(number)))
            elif kind not in _SCALARS:
                more += self.reference(self.follow(at + offset, where), kind, where)
        return more

    def options(self, number: int) -> str:
        return self.vectors.get(number, "settings")

    def follow(self, at: int, where: str) -> int:
        return at + self.number("<I", at, where)

    def reference(self, at: int, kind: str, where: str) -> list[tuple[int, str]]:
        if kind == "text":
            self.vector(at, 1, where)
            return []
        if "[" not in kind:
            return [(at, kind)]
        inside = kind.strip("<=[]")
        if inside not in _SCALARS:
            n = self.vector(at, 4, where)
            return [(self.follow(at + 4 + 4 * i, where), inside) for i in range(n)]
        n = self.vector(at, _SCALARS[inside], where)
        if kind.startswith("<") and n > _MAX_RANK:
            raise FormatError(f"TFLite {where}: {n} axes, expected at most {_MAX_RANK}")
        return []

    def vector(self, at: int, each: int, where: str) -> int:
        n = self.number("<I", at, where)
        if at + 4 + n * each > len(self.data):
            raise FormatError(f"TFLite {where}: {n} elements leave the file")
        return n
