from ecmkit._core.drift import Detector

class Ddm(Detector):
    def __init__(self, warning: float, drift: float, warm_n: int) -> None: ...

class Eddm(Detector):
    def __init__(self, warning: float, drift: float, warm_n: int) -> None: ...
