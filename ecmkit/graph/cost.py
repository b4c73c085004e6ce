"""What a compiled model costs on a target."""

from typing import Literal

import msgspec

__all__ = ["ModelCost"]


class ModelCost(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Flash, RAM and instructions of one model alone on one target.

    Examples
    --------
    >>> cost = ModelCost(target="mps2-an386", flash_bytes=9000, ram_bytes=500,
    ...                  instructions=42_000, label="estimated")
    >>> cost.label
    'estimated'
    """

    target: str
    """Name of the target."""
    flash_bytes: int
    """Linked code and tables: the model's and those that it needs of the device
    library, start-up left out. Models of one package share the library's."""
    ram_bytes: int
    """Input, results, work memory and state, in whole words; without the stack."""
    instructions: int
    """Of a run, on average over the rows, rounded up."""
    label: Literal["emulated", "estimated"]
    """Whether an emulator counted the instructions, or a cost model foretold all
    three."""
