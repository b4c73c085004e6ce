from ecmkit._core.drift import Detector

class HddmA(Detector):
    def __init__(self, drift: float, warning: float, two_sided: int) -> None: ...

class HddmW(Detector):
    def __init__(
        self, drift: float, warning: float, weight: float, two_sided: int
    ) -> None: ...
