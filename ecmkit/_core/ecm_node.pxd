# csrc/ecm_node.h, ecm_node_cfg.h, ecm_node_receive.h, ecm_node_keep.h and the services
from libc.stdint cimport int16_t, uint8_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_field cimport ecm_command_order_t

cdef extern from "ecm_node.h" nogil:
    enum:
        ECM_NODE_SERVICES_MAX
        ECM_NODE_NEWS
        ECM_NODE_LEARNT
        ECM_NODE_REFUSED
        ECM_NODE_SNAPSHOT
    unsigned int ECM_NODE_SPEED
    ctypedef struct ecm_node_t:
        uint32_t alarms
    ctypedef struct ecm_node_event_t:
        uint32_t news
    ctypedef struct ecm_node_cfg_t:
        pass
    ecm_status_t ecm_node_start(const ecm_node_cfg_t *cfg) noexcept
    ecm_status_t ecm_node_push_f32(
        const ecm_node_cfg_t *cfg, uint32_t channel, const float *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_node_push_s16(
        const ecm_node_cfg_t *cfg, uint32_t channel, const int16_t *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_node_step(
        const ecm_node_cfg_t *cfg, uint32_t now_s, ecm_node_event_t *event) noexcept
    ecm_status_t ecm_node_frame(
        const ecm_node_cfg_t *cfg, uint8_t *buf, uint32_t buf_bytes,
        uint32_t *bytes) noexcept
    ecm_status_t ecm_node_arrived(const ecm_node_cfg_t *cfg) noexcept
    ecm_status_t ecm_node_again(const ecm_node_cfg_t *cfg) noexcept
    void ecm_node_urge(const ecm_node_cfg_t *cfg) noexcept
    void ecm_node_print(const ecm_node_cfg_t *cfg) noexcept

cdef extern from "ecm_node_receive.h" nogil:
    ecm_status_t ecm_node_receive(
        const ecm_node_cfg_t *cfg, const uint8_t *data, uint32_t bytes,
        ecm_command_order_t *order) noexcept

cdef extern from "ecm_node_keep.h" nogil:
    enum:
        ECM_NODE_KEPT_TYPE
    uint32_t ECM_NODE_SLOT_BYTES(
        uint32_t monitor_words, uint32_t dist_words, uint32_t learn_words) noexcept
    ecm_status_t ecm_node_keep(const ecm_node_cfg_t *cfg) noexcept
    ecm_status_t ecm_node_wake(const ecm_node_cfg_t *cfg) noexcept

cdef extern from "ecm_node_frames.h" nogil:
    ctypedef struct ecm_node_frames_t:
        uint32_t lost

cdef extern from "ecm_node_snapshot.h" nogil:
    ctypedef struct ecm_node_snapshot_t:
        uint32_t id

cdef extern from "ecm_node_learn.h" nogil:
    ctypedef struct ecm_node_learn_t:
        uint32_t owed
