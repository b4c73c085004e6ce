# csrc/ecm_frame.h: answers to commands
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from ecmkit._core.ecm cimport ecm_status_t
from ecmkit._core.ecm_device cimport ecm_frame_mac_fn_t

cdef extern from "ecm_frame.h" nogil:
    enum:
        ECM_FRAME_ANSWER_VALUES
        ECM_FRAME_RESULT_MAX
    ctypedef struct ecm_frame_answer_t:
        uint32_t device_id
        uint32_t contract_id
        uint32_t model_id
        uint32_t uptime_s
        uint32_t command
        uint32_t kind
        uint32_t value[2]
        uint16_t seq
        uint16_t result
    ecm_status_t ecm_frame_encode_answer(
        const ecm_frame_answer_t *answer, ecm_frame_mac_fn_t mac, void *user,
        uint8_t *buf, uint32_t buf_bytes, uint32_t *len) noexcept
