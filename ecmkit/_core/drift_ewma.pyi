from ecmkit._core.drift import Detector

STATE_BYTES: int

class Ewma(Detector):
    def __init__(self, weight: float, limit: float) -> None: ...
