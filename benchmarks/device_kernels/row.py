"""What a row of the kernels' table says."""

from dataclasses import dataclass, field

__all__ = ["PEERS", "Kernel"]

PEERS = {
    "CMSIS-DSP": "CMSIS-DSP ec1bb75, counted earlier",
    "pffft": "pffft a4b0359, counted earlier",
}
"""Where the figures of peers come from: GCC 12.2.1, best of -O2, -O3 and -ffast-math,
counted by the same kind of marks on the same emulated cores, not in this run."""


@dataclass(frozen=True, kw_only=True)
class Kernel:
    """A call that is counted, and what stands around it."""

    name: str
    """``module.what.size``; commands take patterns of it."""
    header: str
    """Of the module that is called; it and all that it includes is linked."""
    data: str
    setup: str
    call: str
    result: str
    per: int = 1
    """The count is divided by it."""
    unit: str = "call"
    """What `per` counts."""
    peers: dict[str, dict[str, int]] = field(default_factory=dict)
    """Instructions of a call by a peer of `PEERS`, by core."""
