SERVICES_MAX: int
SPEED: int
NEWS: int
LEARNT: int
REFUSED: int
SNAPSHOT: int
KEPT_TYPE: int
STATE_BYTES: int
EVENT_BYTES: int
FRAMES_BYTES: int
SNAPSHOT_BYTES: int
LEARN_BYTES: int

def slot_bytes(monitor_words: int, dist_words: int, learn_words: int) -> int: ...
