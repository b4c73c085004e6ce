# Spectra and what is read from them; see ecm.pxd.
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core.ecm_condition cimport ecm_taper_gain_t
from ecmkit._core.ecm cimport ecm_status_t

cdef extern from "ecm_spectrum.h" nogil:
    enum:
        ECM_SPECTRUM_TERMS_MAX
        ECM_SPECTRUM_LEN_MIN
        ECM_SPECTRUM_DENSITY
        ECM_SPECTRUM_LINE
        ECM_SPECTRUM_RMS
        ECM_SPECTRUM_PEAK
    float ECM_SPECTRUM_EMPTY
    float ECM_SPECTRUM_FLOOR
    # In C the length of weight is ECM_SPECTRUM_TERMS_MAX; Cython needs a number.
    ctypedef struct ecm_spectrum_taper_t:
        uint32_t terms_len
        float[5] weight
    ctypedef struct ecm_spectrum_moments_t:
        float total
        float centroid_hz
        float spread_hz
        float skewness
        float kurtosis
    ecm_status_t ecm_spectrum_hann_power_f32(
        const float *bins, uint32_t x_len, float scale, float *power) noexcept
    ecm_status_t ecm_spectrum_power_f32(
        const ecm_spectrum_taper_t *taper, const float *bins, uint32_t x_len,
        float scale, float *power) noexcept
    ecm_status_t ecm_spectrum_gain_f32(
        const ecm_spectrum_taper_t *taper, ecm_taper_gain_t *gain) noexcept
    ecm_status_t ecm_spectrum_rescale_f32(
        const float *power, uint32_t bins_len, uint16_t kind, float bin_hz, float enbw,
        float *out) noexcept
    ecm_status_t ecm_spectrum_average_f32(
        float *mean, uint32_t *count, const float *power, uint32_t bins_len,
        uint32_t span) noexcept
    uint32_t ecm_spectrum_bin_f32(float f_hz, float bin_hz, uint32_t bins_len) noexcept
    ecm_status_t ecm_spectrum_bands_f32(
        const float *power, uint32_t bins_len, float bin_hz, const float *bands_hz,
        uint32_t bands_len, float *out) noexcept
    float ecm_spectrum_centroid_f32(
        const float *power, uint32_t bins_len, float bin_hz) noexcept
    ecm_status_t ecm_spectrum_moments_f32(
        const float *power, uint32_t bins_len, float bin_hz,
        ecm_spectrum_moments_t *out) noexcept
    float ecm_spectrum_flatness_f32(const float *power, uint32_t bins_len) noexcept
    float ecm_spectrum_entropy_f32(const float *power, uint32_t bins_len) noexcept
    float ecm_spectrum_rolloff_f32(
        const float *power, uint32_t bins_len, float bin_hz, float share) noexcept
    float ecm_spectrum_crest_f32(const float *power, uint32_t bins_len) noexcept
