# The C declarations of machine knowledge; tests/core/test_ecm_pxd.py holds them against
# the headers.
from libc.stdint cimport uint32_t

from ecmkit._core.ecm cimport ecm_status_t

cdef extern from "ecm_velocity.h" nogil:
    enum:
        ECM_VELOCITY_BLOCKS
    ctypedef struct ecm_velocity_cfg_f32_t:
        float c1
        float c2
        float a1
        float a2
        float b1
        float gain
        uint32_t factor
        uint32_t settle_len
        uint32_t block_len
    ctypedef struct ecm_velocity_f32_t:
        pass
    ecm_status_t ecm_velocity_init_f32(
        ecm_velocity_f32_t *st, const ecm_velocity_cfg_f32_t *cfg) noexcept
    ecm_status_t ecm_velocity_update_f32(
        ecm_velocity_f32_t *st, const ecm_velocity_cfg_f32_t *cfg, const float *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_velocity_rms_f32(
        const ecm_velocity_f32_t *st, const ecm_velocity_cfg_f32_t *cfg,
        float *rms) noexcept
