"""A compiled model: C that turns features into outputs, known before it is flashed."""

from dataclasses import dataclass
from typing import Literal

from ecmkit.formats import content_hash

__all__ = ["CompiledModel"]


@dataclass(frozen=True, kw_only=True)
class CompiledModel:
    """C source of one model and what its caller must know.

    The source defines ``ecm_status_t <symbol>(const float *features, float *outputs,
    float *work)`` with internal linkage for everything else, includes only headers of
    the device library, and has no writable data.
    """

    name: str
    """Such as ``classifier``; a C identifier."""
    kind: Literal["class", "score"]
    source: str
    """C99 text."""
    symbol: str
    """Name of the function, ``ecm_model_<name>``."""
    n_features: int
    outputs: tuple[str, ...]
    """Class names in order, or the name of the score."""
    work_len: int
    """Floats of scratch memory."""
    modules: tuple[str, ...]
    """Modules of the device library that it needs, such as ``tree``."""
    flash_bytes: int
    """Size of its constant tables in bytes, *estimated* from their types."""

    @property
    def hash(self) -> str:
        """SHA-256 of kind, outputs and source."""
        return content_hash(self.kind, self.outputs, self.source)
