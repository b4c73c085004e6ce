# Spectra and what is read from them; see ecm.pxd.
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core.ecm_condition cimport ecm_taper_gain_t
from ecmkit._core.ecm cimport ecm_dct_plan_t, ecm_fft_plan_t, ecm_status_t

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

cdef extern from "ecm_line.h" nogil:
    enum:
        ECM_LINE_PEAKS_MAX
        ECM_LINE_HARMONICS_MAX
        ECM_LINE_SPEED_HARMONICS
    float ECM_LINE_DB_MIN
    ctypedef struct ecm_line_t:
        float f_hz
        float amplitude
    ctypedef struct ecm_line_speed_t:
        float speed_hz
        float confidence
    ecm_status_t ecm_line_peaks_f32(
        const float *power, uint32_t bins_len, float bin_hz, float lo_hz, float hi_hz,
        float apart_hz, uint32_t peaks_len, ecm_line_t *out) noexcept
    ecm_status_t ecm_line_at_f32(
        const float *power, uint32_t bins_len, float bin_hz, float f_hz,
        float halfwidth_hz, ecm_line_t *out) noexcept
    ecm_status_t ecm_line_harmonics_f32(
        const float *power, uint32_t bins_len, float bin_hz, float f_hz,
        float halfwidth, uint32_t harmonics_len, float *amplitude, float *rms) noexcept
    float ecm_line_thd_f32(const float *amplitude, uint32_t harmonics_len) noexcept
    ecm_status_t ecm_line_sidebands_f32(
        const float *power, uint32_t bins_len, float bin_hz, float carrier_hz,
        float spacing_hz, float halfwidth_hz, uint32_t pairs_len, ecm_line_t *carrier,
        float *amplitude) noexcept
    float ecm_line_ratio_db_f32(float amplitude, float carrier) noexcept
    float ecm_line_slip_hz_f32(
        float supply_hz, uint32_t pole_pairs, float speed_hz) noexcept
    ecm_status_t ecm_line_speed_f32(
        const float *power, uint32_t bins_len, float bin_hz, float lo_hz, float hi_hz,
        ecm_line_speed_t *out) noexcept

cdef extern from "ecm_mel.h" nogil:
    ctypedef struct ecm_mel_bank_t:
        uint32_t mels_len
        uint32_t bins_len
        uint32_t first
        const uint16_t *counts
        const float *weights
        const float *norms
    ecm_status_t ecm_mel_energies_f32(
        const ecm_mel_bank_t *bank, const float *power, uint32_t bins_len,
        float *out) noexcept
    ecm_status_t ecm_mel_level_f32(
        const float *x, uint32_t x_len, float scale, float floor, float *out) noexcept
    ecm_status_t ecm_mel_mfcc_f32(
        const ecm_dct_plan_t *plan, const float *level, float *work,
        uint32_t coeffs_len, float *out) noexcept

cdef extern from "ecm_cepstrum.h" nogil:
    ctypedef struct ecm_cepstrum_peak_t:
        float quefrency_s
        float amplitude
    ecm_status_t ecm_cepstrum_real_f32(
        const ecm_fft_plan_t *plan, const float *power, float *work,
        float *out) noexcept
    ecm_status_t ecm_cepstrum_peak_f32(
        const float *cepstrum, uint32_t cepstrum_len, float fs_hz, float lo_s,
        float hi_s, ecm_cepstrum_peak_t *out) noexcept
    ecm_status_t ecm_cepstrum_whiten_f32(
        const float *bins, uint32_t bins_len, float *out) noexcept
