# The C declarations of models, monitors, frames and the application;
# tests/core/test_ecm_pxd.py holds them against the headers.
from libc.stdint cimport int8_t, int16_t, int32_t, uint8_t, uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_condition cimport ecm_ring_cfg_t, ecm_ring_t
from ecmkit._core.ecm_drift cimport ecm_drift_cusum_cfg_t, ecm_drift_cusum_t
from ecmkit._core.ecm_feat cimport ecm_feat_plan_t
from ecmkit._core.ecm_nn cimport ecm_nn_dense_s8_t

cdef extern from "ecm_tree.h" nogil:
    enum:
        ECM_TREE_LEAF
    ctypedef struct ecm_tree_node_t:
        float threshold
        uint16_t feature
        uint16_t right
    ctypedef struct ecm_tree_forest_t:
        const ecm_tree_node_t *nodes
        const uint32_t *roots
        const float *leaves
        uint16_t trees_len
        uint16_t classes_len
        uint16_t features_len
        uint16_t reserved
    ecm_status_t ecm_tree_forest_predict_f32(
        const ecm_tree_forest_t *forest, const float *x, float *proba) noexcept

cdef extern from "ecm_project.h" nogil:
    ctypedef struct ecm_project_t:
        const float *mean
        const float *components
        uint16_t features_len
        uint16_t components_len
    ecm_status_t ecm_project_f32(
        const ecm_project_t *map, const float *x, float *out) noexcept

cdef extern from "ecm_kmeans.h" nogil:
    ctypedef struct ecm_kmeans_t:
        const float *centroids
        uint16_t clusters_len
        uint16_t features_len
    ecm_status_t ecm_kmeans_distance_f32(
        const ecm_kmeans_t *model, const float *x, float *distance,
        uint32_t *cluster) noexcept

cdef extern from "ecm_quant.h" nogil:
    int32_t ecm_quant_requantize_s32(
        int32_t acc, int32_t multiplier, int32_t shift) noexcept
    ecm_status_t ecm_quant_quantize_f32_s8(
        const float *x, uint32_t x_len, float scale, int32_t zero, int8_t *q) noexcept
    ecm_status_t ecm_quant_dequantize_s8_f32(
        const int8_t *q, uint32_t q_len, float scale, int32_t zero, float *x) noexcept

cdef extern from "ecm_health.h" nogil:
    enum:
        ECM_HEALTH_NONFINITE
        ECM_HEALTH_CLIPPED
        ECM_HEALTH_STUCK
        ECM_HEALTH_MISSING
        ECM_HEALTH_OUTSIDE
        ECM_HEALTH_SPIKE
        ECM_HEALTH_DEAD
        ECM_HEALTH_OFFSET
        ECM_HEALTH_SIGNATURE
        ECM_HEALTH_RATE
        ECM_HEALTH_BITS
    ctypedef struct ecm_health_cfg_t:
        float range
        uint32_t stuck_len
        uint32_t clip_count
        float low
        float high
        float spike
        uint32_t spike_count
        uint32_t block_len
        float dead_band
        float offset
        float offset_limit
        float signature_low
        float signature_high
        uint32_t period_ns
        uint32_t rate_ppm
        uint32_t rate_len
    ctypedef struct ecm_health_t:
        float last
        uint32_t run
        uint32_t nonfinite_n
        uint32_t clipped_n
        uint32_t stuck_n
        uint32_t missing_n
        uint32_t outside_n
        uint32_t spikes_n
        uint32_t dead_n
        uint32_t offset_n
        uint32_t signature_n
        uint32_t rate_n
        uint32_t lost_n
        uint32_t standing
        float step
        uint32_t block_n
        float first
        float minimum
        float maximum
        float sum
        float squares
        float steps
        uint32_t time_us
        uint32_t time_n
        uint32_t span_us
        uint32_t span_n
    ecm_status_t ecm_health_init(ecm_health_t *st) noexcept
    ecm_status_t ecm_health_update_f32(
        ecm_health_t *st, const ecm_health_cfg_t *cfg, const float *x, uint32_t x_len,
        uint32_t *verdict) noexcept
    ecm_status_t ecm_health_time(
        ecm_health_t *st, const ecm_health_cfg_t *cfg, uint32_t t_us, uint32_t x_len,
        uint32_t *verdict) noexcept
    ecm_status_t ecm_health_update_s16(
        ecm_health_t *st, const ecm_health_cfg_t *cfg, const int16_t *x, uint32_t x_len,
        uint32_t *verdict) noexcept
    ecm_status_t ecm_health_gap(ecm_health_t *st) noexcept

cdef extern from "ecm_feat_encode.h" nogil:
    ctypedef struct ecm_feat_encode_cfg_t:
        const ecm_nn_dense_s8_t *layers
        uint32_t layers_len
        float input_scale
        float output_scale
        int32_t input_zero

cdef extern from "ecm_dist.h" nogil:
    enum:
        ECM_DIST_BINS_MAX
        ECM_DIST_WINDOW_MAX
        ECM_DIST_FORGETTING_MAX
        ECM_DIST_FILL
        ECM_DIST_TUMBLING
        ECM_DIST_FORGETTING
        ECM_DIST_COMPLETE
    ctypedef struct ecm_dist_cfg_t:
        const float *edges
        const int32_t *edges_s32
        const float *reference
        uint32_t reference_n
        uint16_t bins
        uint16_t form
        uint32_t window_len
    ctypedef struct ecm_dist_t:
        uint32_t left
        uint32_t kept
        float squares
        uint16_t windows
        uint16_t reserved
    ctypedef struct ecm_dist_distances_t:
        float ks
        float chi2
        float wasserstein
        float jensen_shannon
        float psi
        float n
        uint32_t freedom
    ecm_status_t ecm_dist_init(
        ecm_dist_t *st, const ecm_dist_cfg_t *cfg, uint16_t *count) noexcept
    ecm_status_t ecm_dist_update_f32(
        ecm_dist_t *st, const ecm_dist_cfg_t *cfg, uint16_t *count, float x) noexcept
    ecm_status_t ecm_dist_update_s32(
        ecm_dist_t *st, const ecm_dist_cfg_t *cfg, uint16_t *count, int32_t x) noexcept
    ecm_status_t ecm_dist_update_class(
        ecm_dist_t *st, const ecm_dist_cfg_t *cfg, uint16_t *count,
        uint32_t class_id) noexcept
    ecm_status_t ecm_dist_merge(
        ecm_dist_t *st, const ecm_dist_cfg_t *cfg, uint16_t *count,
        const ecm_dist_t *other, const uint16_t *other_count) noexcept
    ecm_status_t ecm_dist_distances_f32(
        const ecm_dist_t *st, const ecm_dist_cfg_t *cfg, const uint16_t *count,
        ecm_dist_distances_t *out) noexcept

cdef extern from "ecm_frame.h" nogil:
    enum:
        ECM_FRAME_VERSION
        ECM_FRAME_MIN_BYTES
        ECM_FRAME_FULL_BYTES
        ECM_FRAME_ID_BYTES
        ECM_FRAME_MAC_BYTES
        ECM_FRAME_NO_CLASS
        ECM_FRAME_RATIOS_MAX
        ECM_FRAME_SKETCHES_MAX
        ECM_FRAME_VALUES_MAX
        ECM_FRAME_UPDATE_MAX
        ECM_FRAME_DIFFERENCES_MAX
        ECM_FRAME_SHADOW_TURN
        ECM_FRAME_SHADOW_BYTES
        ECM_FRAME_BINS_MAX
        ECM_FRAME_CLASSES
    ctypedef struct ecm_frame_sketch_t:
        const uint16_t *count
        uint16_t bins
        uint16_t feature
    ctypedef struct ecm_frame_shadow_t:
        uint16_t windows
        uint16_t agreed
        uint16_t classes
        uint16_t differences_len
        const float *differences
    ctypedef struct ecm_frame_sent_t:
        uint32_t sketches
        uint32_t shadow
    ctypedef struct ecm_frame_t:
        uint32_t device_id
        uint32_t contract_id
        uint32_t model_id
        uint32_t uptime_s
        uint16_t seq
        uint16_t health
        uint16_t alarms
        uint16_t class_id
        float score
        float drift
        const float *values
        uint16_t values_len
        uint16_t update
        const float *ratios
        uint16_t ratios_len
        uint16_t sketches_len
        const ecm_frame_sketch_t *sketches
        const uint8_t *shadow
        uint16_t shadow_bytes
        uint16_t shadow_least
    ctypedef struct ecm_frame_join_t:
        uint32_t device_id
        uint8_t[16] contract_id
        uint8_t[16] model_id
        uint16_t features_len
        uint16_t seq
    ctypedef ecm_status_t (*ecm_frame_mac_fn_t)(
        void *user, const uint8_t *data, uint32_t bytes, uint8_t *mac) noexcept
    ecm_status_t ecm_frame_encode(
        const ecm_frame_t *frame, ecm_frame_mac_fn_t mac, void *user, uint8_t *buf,
        uint32_t buf_bytes, uint32_t *len, ecm_frame_sent_t *sent) noexcept
    ecm_status_t ecm_frame_encode_shadow(
        const ecm_frame_shadow_t *said, uint8_t *item, uint16_t *bytes,
        uint16_t *least) noexcept
    ecm_status_t ecm_frame_encode_join(
        const ecm_frame_join_t *join, ecm_frame_mac_fn_t mac, void *user, uint8_t *buf,
        uint32_t buf_bytes, uint32_t *len) noexcept
