"""Sizes, offsets and constants of the application: ``ecm_app.h``.

The application itself runs on the host as a shared library of a package, so that its
models are those of the device; this module says how to read its memory.
"""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm_app

CHANNELS_MAX = <int>ecm_app.ECM_APP_CHANNELS_MAX
SCORES_MAX = <int>ecm_app.ECM_APP_SCORES_MAX
VALUES_MAX = <int>ecm_app.ECM_APP_VALUES_MAX
FEATURES_MAX = <int>ecm_app.ECM_APP_FEATURES_MAX
NO_CLASS = <int>ecm_app.ECM_APP_NO_CLASS
MODEL_CLASS = <int>ecm_app.ECM_APP_MODEL_CLASS
MODEL_SCORE = <int>ecm_app.ECM_APP_MODEL_SCORE
MODEL_VALUES = <int>ecm_app.ECM_APP_MODEL_VALUES
EVENT = <int>ecm_app.ECM_APP_EVENT
STATE_BYTES = <int>sizeof(ecm_app.ecm_app_t)
CHANNEL_BYTES = <int>sizeof(ecm_app.ecm_app_channel_t)
EVENT_BYTES = <int>sizeof(ecm_app.ecm_app_event_t)
BINS_MIN = <int>ecm_app.ECM_APP_BINS_MIN
BINS_MAX = <int>ecm_app.ECM_APP_BINS_MAX
OTHERS = <int>ecm_app.ECM_APP_OTHERS
DIFFERENCES_MAX = <int>ecm_app.ECM_APP_DIFFERENCES_MAX


def mem_len(
    uint32_t channels_len,
    uint32_t ring_floats,
    uint32_t window_floats,
    uint32_t work_len,
    uint32_t features_len,
    uint32_t outputs_len,
    uint32_t monitor_words,
    uint32_t state_len,
) -> int:
    """Floats that an application needs: ``ECM_APP_MEM_LEN``."""
    return ecm_app.ECM_APP_MEM_LEN(
        channels_len,
        ring_floats,
        window_floats,
        work_len,
        features_len,
        outputs_len,
        monitor_words,
        state_len,
    )


def shadow_len(uint32_t outputs_len, uint32_t differences_len) -> int:
    """Floats of challengers, added to the outputs: ``ECM_APP_SHADOW_LEN``."""
    return ecm_app.ECM_APP_SHADOW_LEN(outputs_len, differences_len)


def dist_words(uint32_t features_len, uint32_t bins) -> int:
    """Words of the counters of all features: ``ECM_APP_DIST_WORDS``."""
    return ecm_app.ECM_APP_DIST_WORDS(features_len, bins)


def samples_len(uint32_t samples_len, uint32_t sample_bytes) -> int:
    """Floats that hold so many samples: ``ECM_APP_SAMPLES_LEN``."""
    return ecm_app.ECM_APP_SAMPLES_LEN(samples_len, sample_bytes)


def event_layout() -> list[tuple[str, str, int, int]]:
    """List the fields of ``ecm_app_event_t``: (name, numpy type, offset, elements).

    Examples
    --------
    >>> import numpy as np
    >>> fields = event_layout()
    >>> event = np.dtype({
    ...     "names": [name for name, _, _, _ in fields],
    ...     "formats": [(kind, n) if n > 1 else kind for _, kind, _, n in fields],
    ...     "offsets": [offset for _, _, offset, _ in fields],
    ... })
    >>> event.itemsize == EVENT_BYTES
    True
    """
    cdef ecm_app.ecm_app_event_t event
    cdef size_t start = <size_t>&event
    return [
        ("window", "<u4", <size_t>&event.window - start, 1),
        ("valid", "<u4", <size_t>&event.valid - start, 1),
        ("health", "<u4", <size_t>&event.health - start, 1),
        ("unwell", "<u4", <size_t>&event.unwell - start, 1),
        ("alarms", "<u4", <size_t>&event.alarms - start, 1),
        ("class_id", "<u4", <size_t>&event.class_id - start, 1),
        ("probability", "<f4", <size_t>&event.probability - start, 1),
        ("score", "<f4", <size_t>&event.score - start, SCORES_MAX),
        ("drift", "<f4", <size_t>&event.drift - start, SCORES_MAX),
        ("value", "<f4", <size_t>&event.value - start, VALUES_MAX),
        ("changes", "<u4", <size_t>&event.changes - start, 1),
        ("change_group", "<u4", <size_t>&event.change.group - start, 1),
        ("change_level", "<u4", <size_t>&event.change.level - start, 1),
        ("change_row", "<u4", <size_t>&event.change.row - start, 1),
        ("change_what", "<u4", <size_t>&event.change.what - start, 1),
        ("change_direction", "<u4", <size_t>&event.change.direction - start, 1),
        ("change_detail", "<u4", <size_t>&event.change.detail - start, 1),
        ("change_since", "<u4", <size_t>&event.change.since - start, 1),
        ("change_ratio", "<f4", <size_t>&event.change.ratio - start, 1),
        ("shadow_class_id", "<u4", <size_t>&event.shadow_class_id - start, 1),
        ("shadow_probability", "<f4", <size_t>&event.shadow_probability - start, 1),
        ("suspended", "<u4", <size_t>&event.suspended - start, 1),
    ]
