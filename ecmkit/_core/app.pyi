CHANNELS_MAX: int
SCORES_MAX: int
VALUES_MAX: int
FEATURES_MAX: int
NO_CLASS: int
MODEL_CLASS: int
MODEL_SCORE: int
MODEL_VALUES: int
EVENT: int
STATE_BYTES: int
CHANNEL_BYTES: int
EVENT_BYTES: int
BINS_MIN: int
BINS_MAX: int
OTHERS: int
DIFFERENCES_MAX: int

def mem_len(
    channels_len: int,
    ring_floats: int,
    window_floats: int,
    work_len: int,
    features_len: int,
    outputs_len: int,
    monitor_words: int,
    state_len: int,
) -> int: ...
def shadow_len(outputs_len: int, differences_len: int) -> int: ...
def dist_words(features_len: int, bins: int) -> int: ...
def samples_len(samples_len: int, sample_bytes: int) -> int: ...
def event_layout() -> list[tuple[str, str, int, int]]: ...
