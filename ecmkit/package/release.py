"""What a package is called outside of ecmkit: version, vendor, licence."""

import re

import msgspec

from ecmkit.package.device import Device

__all__ = ["Release", "version_key"]

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
_WORDS = re.compile(r"[^\x00-\x1f\x7f\"\\<>&@]{1,128}")
# Field, pattern, and what it is called where it is refused.
_RULES = (
    ("version", _VERSION, "three numbers such as 1.2.0"),
    ("vendor", re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,31}"), "letters, digits, _ and -"),
    ("author", _WORDS, 'up to 128 characters without " \\ < > & @'),
    ("url", re.compile(r"https?://[\w./~%+-]+/"), "a web address that ends with /"),
    ("license", re.compile(r"[A-Za-z0-9.+-]{1,64}"), "an SPDX identifier"),
    ("summary", _WORDS, 'up to 128 characters without " \\ < > & @'),
    ("date", re.compile(r"(\d{4}-\d\d-\d\d)?"), "a date such as 2026-11-27, or none"),
    (
        "verify", re.compile(r"none|monocypher|monocypher-keyed"),
        "none, monocypher or monocypher-keyed",
    ),
)  # fmt: skip
_KEY = re.compile(r"[0-9a-f]{64}")


class Release(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every ecosystem's description of a package says.

    Raises
    ------
    ValueError
        For a value that not all of them can take; names field, found and expected.
    """

    version: str = "0.1.0"
    """Three numbers, as in semantic versioning."""
    vendor: str = "ecmkit"
    """Of the CMSIS-Pack."""
    author: str = "The authors"
    url: str = "https://example.com/"
    """Where the package comes from."""
    license: str = "LicenseRef-proprietary"
    """Of settings, models and weights, an SPDX identifier; the device library's is
    MIT."""
    summary: str = "Condition monitoring of a machine"
    """One line."""
    date: str = ""
    """Of the release, such as ``2026-11-27``; empty: not said."""
    data_version: int = 0
    """Of the data that come with the firmware, where models have weights as data:
    updates in devices' slots count only if theirs is above it. 0 ... 2^32 - 1."""
    verify: str = "none"
    """What judges the signature of updates: ``monocypher`` (EdDSA over BLAKE2b),
    ``monocypher-keyed`` (BLAKE2b with a secret key), or ``none``: the product's own."""
    verify_key: str = ""
    """With ``monocypher``: the public key, 64 hexadecimal digits in lower case."""
    device: bool | Device = False
    """A whole device: ``ecm_node.h`` with what it keeps, gives away and is told, and
    its settings. ``true`` is `Device()`. What firmware does not call is not linked."""

    def __post_init__(self) -> None:
        """Refuse what some ecosystem cannot take."""
        for field, pattern, expected in _RULES:
            found = getattr(self, field)
            if not pattern.fullmatch(found):
                raise ValueError(f"`{field}`: found {found!r}, expected {expected}")
        if not 0 <= self.data_version < 2**32:
            raise ValueError(
                f"`data_version`: found {self.data_version}, expected 0 ... 2^32 - 1"
            )
        signed = self.verify == "monocypher"
        if signed and _KEY.fullmatch(self.verify_key) and _is_weak(self.verify_key):
            raise ValueError(
                f"`verify_key`: found {self.verify_key!r}, under which anybody can "
                "sign or nobody: expected the public key of a signer"
            )
        if not _KEY.fullmatch(self.verify_key) if signed else self.verify_key:
            expected = "64 hexadecimal digits" if signed else "none"
            raise ValueError(
                f"`verify_key`: found {self.verify_key!r}, expected {expected} with "
                f"`verify` = {self.verify!r}"
            )

    @property
    def node(self) -> Device | None:
        """Settings of the whole device; None: there is none in the package."""
        if isinstance(self.device, Device):
            return self.device
        return Device() if self.device else None


def _is_weak(key: str) -> bool:
    """Whether a key is no point of the curve, or one of the 8 of small order.

    The curve is -x^2 + y^2 = 1 + d x^2 y^2 modulo p (RFC 8032, section 5.1); the key is
    y, and the sign of x in its last bit. Under a point of small order one signature is
    right for every message.
    """
    p = 2**255 - 19
    y = int.from_bytes(bytes.fromhex(key), "little") % 2**255 % p
    d = -121665 * pow(121666, -1, p)
    x2 = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
    if pow(x2, (p - 1) // 2, p) not in (0, 1):
        return True
    # Doubled three times such a point is (0, 1); x^2 and y^2 are enough to double y.
    for _ in range(3):
        # y of twice the point: (y^2 + x^2) / (1 - d x^2 y^2)
        y2 = y * y % p
        y = (y2 + x2) * pow(1 - d * x2 * y2, -1, p) % p
        x2 = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
    return y == 1


def version_key(version: str) -> tuple[int, int, int]:
    """Return a version as something that is compared by its numbers.

    Raises
    ------
    ValueError
        If it is not three numbers.

    Examples
    --------
    >>> version_key("1.10.0") > version_key("1.9.3")
    True
    """
    found = _VERSION.fullmatch(version)
    if not found:
        raise ValueError(f"found {version!r}, expected three numbers such as 1.2.0")
    major, minor, patch = found.groups()
    return int(major), int(minor), int(patch)
