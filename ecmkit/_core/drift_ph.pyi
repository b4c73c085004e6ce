from ecmkit._core.drift import Detector

UP: int
DOWN: int
BOTH: int
STATE_BYTES: int

class PageHinkley(Detector):
    def __init__(
        self,
        delta: float,
        threshold: float,
        leak: float,
        min_n: int,
        sides: int,
        known: int,
    ) -> None: ...
