"""Float layers to int8 ones: by calibration, or as a quantised model says."""

from ecmkit.graph.int8.calibration import calibrate, to_int8

__all__ = ["calibrate", "to_int8"]
