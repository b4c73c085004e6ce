"""Detectors in River's pipelines; needs the extra ``river``."""

from typing import Any

from ecmkit.drift.detectors import Named

try:
    from river import base
except ImportError as error:
    raise ImportError(
        "ecmkit.drift.river needs River: pip install 'ecmkit[river]'"
    ) from error

__all__ = ["RiverDetector"]


class RiverDetector(base.DriftAndWarningDetector):  # type: ignore[misc]
    """A detector of ours as one of River's.

    Parameters
    ----------
    detector : Named
        Whose settings are used; it takes no values itself.

    Examples
    --------
    >>> from ecmkit.drift import Cusum
    >>> detector = RiverDetector(Cusum(h=5))
    >>> [i for i, x in enumerate([0, 0, 4, 4, 0]) if detector.update(x).drift_detected]
    [3]
    """

    def __init__(self, detector: Named) -> None:
        super().__init__()
        self.detector = detector
        self._running = detector.clone()

    def _reset(self) -> None:
        super()._reset()
        self._warning_detected = False

    def update(self, x: float) -> Any:
        """Take one value; the detector itself."""
        self._running.update(x)
        self._drift_detected = self._running.drift_detected
        self._warning_detected = self._running.warning_detected
        return self

    def clone(self, new_params: Any = None, include_attributes: bool = False) -> Any:
        """Return one of the same settings that took no values."""
        if include_attributes:
            return super().clone(new_params, include_attributes)
        return type(self)((new_params or {}).get("detector", self.detector).clone())
