# csrc/ecm_app.h, csrc/ecm_app_cfg.h
from libc.stdint cimport uint32_t

from ecmkit._core.ecm_monitor cimport ecm_monitor_alarm_t

cdef extern from "ecm_app.h" nogil:
    enum:
        ECM_APP_CHANNELS_MAX
        ECM_APP_SCORES_MAX
        ECM_APP_VALUES_MAX
        ECM_APP_FEATURES_MAX
        ECM_APP_NO_CLASS
        ECM_APP_BINS_MIN
        ECM_APP_BINS_MAX
        ECM_APP_MODEL_CLASS
        ECM_APP_MODEL_SCORE
        ECM_APP_MODEL_VALUES
        ECM_APP_EVENT
        ECM_APP_OTHERS
        ECM_APP_DIFFERENCES_MAX
    ctypedef struct ecm_app_channel_t:
        pass
    ctypedef struct ecm_app_t:
        pass
    ctypedef struct ecm_app_event_t:
        uint32_t window
        uint32_t valid
        uint32_t health
        uint32_t unwell
        uint32_t alarms
        uint32_t class_id
        float probability
        float[4] score
        float[4] drift
        float[4] value
        uint32_t changes
        ecm_monitor_alarm_t change
        uint32_t shadow_class_id
        float shadow_probability
        uint32_t suspended
    uint32_t ECM_APP_DIST_WORDS(uint32_t features_len, uint32_t bins) noexcept
    uint32_t ECM_APP_SHADOW_LEN(
        uint32_t outputs_len, uint32_t differences_len) noexcept
    uint32_t ECM_APP_SAMPLES_LEN(uint32_t samples_len, uint32_t bytes) noexcept
    uint32_t ECM_APP_MEM_LEN(
        uint32_t channels_len, uint32_t ring_floats, uint32_t window_floats,
        uint32_t work_len, uint32_t features_len, uint32_t outputs_len,
        uint32_t monitor_words, uint32_t state_len) noexcept
