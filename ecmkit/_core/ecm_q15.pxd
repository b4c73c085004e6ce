# The C declarations of the fixed-point transforms; tests/core/test_ecm_pxd.py holds
# them against the headers.
from libc.stdint cimport int16_t, int32_t, uint32_t

from ecmkit._core.ecm cimport c_bool, ecm_status_t

cdef extern from "ecm_fft_q15.h" nogil:
    ctypedef struct ecm_fft_q15_plan_t:
        uint32_t len
    const ecm_fft_q15_plan_t *ecm_fft_q15_plan(uint32_t x_len) noexcept
    ecm_status_t ecm_fft_q15_c2c(
        const ecm_fft_q15_plan_t *plan, const int16_t *x, c_bool inverse,
        int32_t *out, int32_t *exponent) noexcept
    ecm_status_t ecm_fft_q15_r2c(
        const ecm_fft_q15_plan_t *plan, const int16_t *x, int32_t *out,
        int32_t *exponent) noexcept
    ecm_status_t ecm_fft_q15_r2c_taper(
        const ecm_fft_q15_plan_t *plan, const int16_t *x, int16_t mean,
        const int16_t *taper, int32_t *out, int32_t *exponent) noexcept
    ecm_status_t ecm_fft_q15_power(
        const int32_t *spectrum, uint32_t n, int32_t exponent, uint32_t *power,
        int32_t *power_exponent) noexcept
