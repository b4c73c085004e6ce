# The C declarations that the bindings use; tests/core/test_ecm_pxd.py holds them
# against the headers.
from libc.stdint cimport int16_t, int32_t, int64_t, uint16_t, uint32_t, uint64_t

cdef extern from "stdbool.h":
    ctypedef bint c_bool "bool"

cdef extern from "ecm_base.h" nogil:
    ctypedef int32_t ecm_status_t
    enum:
        ECM_VERSION_MAJOR
        ECM_VERSION_MINOR
        ECM_VERSION_PATCH
        ECM_OK
        ECM_MORE
        ECM_ERR_NULL
        ECM_ERR_ARG
        ECM_ERR_LENGTH
        ECM_ERR_FULL
        ECM_ERR_STATE
        ECM_ERR_FORMAT

cdef extern from "ecm_math.h" nogil:
    float ecm_math_sqrt_f32(float x) noexcept
    float ecm_math_exp_f32(float x) noexcept
    float ecm_math_log_f32(float x) noexcept
    float ecm_math_log2_f32(float x) noexcept
    float ecm_math_tanh_f32(float x) noexcept
    float ecm_math_logistic_f32(float x) noexcept
    c_bool ecm_math_isfinite_f32(float x) noexcept
    int32_t ecm_math_round_s32_f32(float x, int32_t lo, int32_t hi) noexcept
    float ecm_math_sum_f32(const float *x, uint32_t x_len) noexcept
    float ecm_math_sum_sq_diff_f32(
        const float *x, const float *y, uint32_t x_len) noexcept

cdef extern from "ecm_func.h" nogil:
    float ecm_func_floor_f32(float x) noexcept
    float ecm_func_ceil_f32(float x) noexcept
    float ecm_func_trunc_f32(float x) noexcept
    float ecm_func_round_f32(float x) noexcept
    float ecm_func_tan_f32(float x) noexcept
    float ecm_func_asin_f32(float x) noexcept
    float ecm_func_acos_f32(float x) noexcept
    float ecm_func_sinh_f32(float x) noexcept
    float ecm_func_cosh_f32(float x) noexcept
    float ecm_func_asinh_f32(float x) noexcept
    float ecm_func_acosh_f32(float x) noexcept
    float ecm_func_atanh_f32(float x) noexcept
    float ecm_func_log1p_f32(float x) noexcept
    float ecm_func_expm1_f32(float x) noexcept
    float ecm_func_softplus_f32(float x) noexcept
    float ecm_func_erf_f32(float x) noexcept
    float ecm_func_pow_f32(float x, float y) noexcept
    float ecm_func_fmod_f32(float x, float y) noexcept
    float ecm_func_mod_f32(float x, float y) noexcept
    float ecm_func_clip_f32(float x, float lo, float hi) noexcept


cdef extern from "ecm_trig.h" nogil:
    float ecm_trig_sin_f32(float x) noexcept
    float ecm_trig_cos_f32(float x) noexcept
    ecm_status_t ecm_trig_sincos_f32(float x, float *s, float *c) noexcept
    float ecm_trig_atan2_f32(float y, float x) noexcept

cdef extern from "ecm_fixed.h" nogil:
    int16_t ecm_fixed_round_q15(int32_t x) noexcept
    int16_t ecm_fixed_add_q15(int16_t a, int16_t b) noexcept
    int32_t ecm_fixed_add_q31(int32_t a, int32_t b) noexcept
    int16_t ecm_fixed_sub_q15(int16_t a, int16_t b) noexcept
    int32_t ecm_fixed_sub_q31(int32_t a, int32_t b) noexcept
    int16_t ecm_fixed_mul_q15(int16_t a, int16_t b) noexcept
    int32_t ecm_fixed_mul_q31(int32_t a, int32_t b) noexcept
    int16_t ecm_fixed_div_q15(int16_t n, int16_t d) noexcept
    int32_t ecm_fixed_div_q31(int32_t n, int32_t d) noexcept
    ecm_status_t ecm_fixed_ratio_u32(uint32_t n, uint32_t d, uint32_t *ratio,
                                     int32_t *exponent) noexcept
    uint32_t ecm_fixed_sqrt_u64(uint64_t x) noexcept
    int16_t ecm_fixed_sqrt_q15(int16_t x) noexcept
    int32_t ecm_fixed_sqrt_q31(int32_t x) noexcept
    uint32_t ecm_fixed_magnitude_q15(const int16_t *x, uint32_t x_len) noexcept
    uint32_t ecm_fixed_magnitude_q31(int32_t re, int32_t im) noexcept
    int16_t ecm_fixed_sin_q15(uint32_t phase) noexcept
    int16_t ecm_fixed_cos_q15(uint32_t phase) noexcept
    int32_t ecm_fixed_sin_q31(uint32_t phase) noexcept
    int32_t ecm_fixed_cos_q31(uint32_t phase) noexcept
    int16_t ecm_fixed_atan2_q15(int16_t y, int16_t x) noexcept
    int32_t ecm_fixed_atan2_q31(int32_t y, int32_t x) noexcept
    int32_t ecm_fixed_log2_q16(uint32_t x) noexcept
    uint32_t ecm_fixed_exp2_q16(int32_t x) noexcept

cdef extern from "ecm_fft.h" nogil:
    enum:
        ECM_FFT_PASSES_MAX
    ctypedef void (*ecm_fft_pass_fn_t)(
        float *x, uint32_t x_len, uint32_t span, const float *twiddle) noexcept
    ctypedef struct ecm_fft_pass_t:
        ecm_fft_pass_fn_t run
        const float *twiddle
        uint32_t span
        uint32_t step
    # In C the length of pass is ECM_FFT_PASSES_MAX; Cython needs a number.
    ctypedef struct ecm_fft_plan_t:
        uint32_t len
        uint32_t passes_len
        ecm_fft_pass_t[4] passes "pass"
        const float *half
    ecm_status_t ecm_fft_c2c_f32(const ecm_fft_plan_t *plan, const float *x, float *out,
                                 c_bool inverse) noexcept
    ecm_status_t ecm_fft_r2c_f32(const ecm_fft_plan_t *plan, const float *x,
                                 float *out) noexcept
    ecm_status_t ecm_fft_r2c_taper_f32(const ecm_fft_plan_t *plan, const float *x,
                                       float mean, const float *taper,
                                       float *out) noexcept
    ecm_status_t ecm_fft_power_f32(const ecm_fft_plan_t *plan, const float *x,
                                   float mean, const float *taper, float *work,
                                   float *power) noexcept
    ecm_status_t ecm_fft_c2r_f32(const ecm_fft_plan_t *plan, float *spectrum,
                                 float *out) noexcept
    c_bool ecm_fft_is_length(uint32_t n) noexcept

cdef extern from "ecm_fft_plan.h" nogil:
    ecm_status_t ecm_fft_plan_init(ecm_fft_plan_t *plan, uint32_t n, c_bool real,
                                   float *memory, uint32_t memory_len) noexcept
    uint32_t ecm_fft_plan_len(uint32_t n, c_bool real) noexcept

cdef extern from "ecm_moments.h" nogil:
    ctypedef struct ecm_moments_result_t:
        float mean
        float variance
        float rms
        float rms_about_zero
        float skewness
        float kurtosis
    ctypedef struct ecm_moments_t:
        uint32_t n
        float mean
        float m2
        float m3
        float m4
        float mean_rest
        float m2_rest
        float m3_rest
        float m4_rest
        float minimum
        float maximum
    ecm_status_t ecm_moments_init(ecm_moments_t *st) noexcept
    ecm_status_t ecm_moments_update_f32(
        ecm_moments_t *st, const float *x, uint32_t x_len) noexcept
    ecm_status_t ecm_moments_merge(
        ecm_moments_t *st, const ecm_moments_t *other) noexcept
    ecm_status_t ecm_moments_result_f32(
        const ecm_moments_t *st, ecm_moments_result_t *out) noexcept
    ctypedef struct ecm_moments_ew_cfg_t:
        float weight
    ctypedef struct ecm_moments_ew_t:
        uint32_t n
        float mean
        float c2
        float c3
        float c4
    ecm_status_t ecm_moments_ew_init(ecm_moments_ew_t *st) noexcept
    ecm_status_t ecm_moments_ew_update_f32(
        ecm_moments_ew_t *st, const ecm_moments_ew_cfg_t *cfg, const float *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_moments_ew_result_f32(
        const ecm_moments_ew_t *st, ecm_moments_result_t *out) noexcept
    ctypedef struct ecm_moments_q15_t:
        uint32_t n
        int16_t minimum
        int16_t maximum
        int64_t s1
        uint64_t s2
        int64_t s3_high
        int64_t s3_low
        uint64_t s4_high
        uint64_t s4_low
    ecm_status_t ecm_moments_q15_init(ecm_moments_q15_t *st) noexcept
    ecm_status_t ecm_moments_q15_update(
        ecm_moments_q15_t *st, const int16_t *x, uint32_t x_len) noexcept
    ecm_status_t ecm_moments_q15_merge(
        ecm_moments_q15_t *st, const ecm_moments_q15_t *other) noexcept
    ecm_status_t ecm_moments_q15_result_f32(
        const ecm_moments_q15_t *st, ecm_moments_result_t *out) noexcept

cdef extern from "ecm_dct.h" nogil:
    ctypedef struct ecm_dct_plan_t:
        const ecm_fft_plan_t *fft
        const float *twiddle
    uint32_t ECM_DCT_TWIDDLE_LEN(uint32_t x_len) noexcept
    ecm_status_t ecm_dct_f32(const ecm_dct_plan_t *plan, const float *x, float *work,
                             float *out) noexcept

cdef extern from "ecm_hilbert.h" nogil:
    ecm_status_t ecm_hilbert_f32(
        const ecm_fft_plan_t *real, const ecm_fft_plan_t *c2c, const float *x,
        float *work, float *out) noexcept

cdef extern from "ecm_dft.h" nogil:
    ctypedef struct ecm_dft_goertzel_cfg_t:
        float step
        float cosine
        float sine
        float sign
    ctypedef struct ecm_dft_goertzel_t:
        float sum
        float difference
    ecm_status_t ecm_dft_goertzel_init(ecm_dft_goertzel_t *st) noexcept
    ecm_status_t ecm_dft_goertzel_update_f32(
        ecm_dft_goertzel_t *st, const ecm_dft_goertzel_cfg_t *cfg, const float *x,
        uint32_t x_len) noexcept
    ecm_status_t ecm_dft_goertzel_value_f32(
        const ecm_dft_goertzel_t *st, const ecm_dft_goertzel_cfg_t *cfg,
        float *out) noexcept
    uint32_t ECM_DFT_WAVE_LEN(uint32_t n) noexcept
    ctypedef struct ecm_dft_sliding_cfg_t:
        const float *wave
        uint32_t len
        uint32_t bin
    ctypedef struct ecm_dft_sliding_t:
        float re
        float im
        float fresh_re
        float fresh_im
        uint32_t index
        uint32_t phase
    ecm_status_t ecm_dft_sliding_init(ecm_dft_sliding_t *st) noexcept
    ecm_status_t ecm_dft_sliding_update_f32(
        ecm_dft_sliding_t *st, const ecm_dft_sliding_cfg_t *cfg, float x,
        float oldest) noexcept

cdef extern from "ecm_stats.h" nogil:
    ctypedef struct ecm_stats_time_t:
        float mean
        float rms
        float peak
        float peak_to_peak
        float mean_abs
        float skewness
        float kurtosis
        float crest
        float shape
        float impulse
        float clearance
        float mean_crossing_rate
        float zero_crossing_rate
        float minimum
        float maximum
        float variance
        float rms_about_zero
        float root_amplitude
    ctypedef struct ecm_stats_sums_t:
        float mean
        float minimum
        float maximum
        float d1
        float d2
        float d3
        float d4
        float root
        uint32_t mean_crossings
        uint32_t zero_crossings
    float ecm_stats_mean_f32(const float *x, uint32_t x_len) noexcept
    float ecm_stats_remove_mean_f32(float *x, uint32_t x_len) noexcept
    ecm_status_t ecm_stats_time_f32(const float *x, uint32_t x_len,
                                    ecm_stats_time_t *out) noexcept
    ecm_status_t ecm_stats_finish_f32(const ecm_stats_sums_t *sums, uint32_t x_len,
                                      ecm_stats_time_t *out) noexcept

cdef extern from "ecm_stats_q15.h" nogil:
    enum:
        ECM_STATS_Q15_MAX_LEN
    ctypedef struct ecm_stats_time_q15_t:
        int32_t mean
        int32_t minimum
        int32_t maximum
        uint32_t rms
        uint32_t rms_about_zero
        uint32_t variance
        uint32_t peak
        uint32_t peak_to_peak
        uint32_t mean_abs
        uint32_t root_amplitude
        int32_t skewness
        uint32_t kurtosis
        uint32_t crest
        uint32_t shape
        uint32_t impulse
        uint32_t clearance
        uint32_t mean_crossings
        uint32_t zero_crossings
    ecm_status_t ecm_stats_time_q15(
        const int16_t *x, uint32_t x_len, ecm_stats_time_q15_t *out) noexcept
    ecm_status_t ecm_stats_time_q15_f32(
        const int16_t *x, uint32_t x_len, ecm_stats_time_t *out) noexcept

cdef extern from "ecm_rank.h" nogil:
    uint32_t ECM_RANK_WORK_LEN(uint32_t x_len) noexcept
    ecm_status_t ecm_rank_quantiles_f32(
        const float *x, uint32_t x_len, const float *q, uint32_t q_len, int32_t *work,
        float *out) noexcept
    ecm_status_t ecm_rank_median_f32(
        const float *x, uint32_t x_len, int32_t *work, float *median,
        float *mad) noexcept
    ecm_status_t ecm_rank_histogram_f32(
        const float *x, uint32_t x_len, float lo, float hi, uint32_t bins,
        uint32_t *count) noexcept
    ecm_status_t ecm_rank_entropy_f32(
        const float *x, uint32_t x_len, uint32_t bins, uint32_t *work,
        float *entropy) noexcept
    ecm_status_t ecm_rank_quantiles_q15(
        const int16_t *x, uint32_t x_len, const uint32_t *q, uint32_t q_len,
        int32_t *work, int32_t *out) noexcept
    ecm_status_t ecm_rank_median_q15(
        const int16_t *x, uint32_t x_len, int32_t *work, int32_t *median,
        uint32_t *mad) noexcept
    ecm_status_t ecm_rank_histogram_q15(
        const int16_t *x, uint32_t x_len, int16_t lo, int16_t hi, uint32_t bins,
        uint32_t *count) noexcept
    ecm_status_t ecm_rank_entropy_q15(
        const int16_t *x, uint32_t x_len, uint32_t bins, uint32_t *work,
        float *entropy) noexcept

cdef extern from "ecm_series.h" nogil:
    enum:
        ECM_SERIES_Q15_MAX_LEN
    ctypedef struct ecm_series_hjorth_t:
        float activity
        float mobility
        float complexity
    ecm_status_t ecm_series_turning_points_f32(
        const float *x, uint32_t x_len, uint32_t *count) noexcept
    ecm_status_t ecm_series_hjorth_f32(
        const float *x, uint32_t x_len, ecm_series_hjorth_t *out) noexcept
    ecm_status_t ecm_series_autocorrelation_f32(
        const float *x, uint32_t x_len, const uint32_t *lags, uint32_t lags_len,
        c_bool unbiased, float *out) noexcept
    ecm_status_t ecm_series_correlation_f32(
        const float *x, const float *y, uint32_t x_len, float *r) noexcept
    ecm_status_t ecm_series_magnitude_f32(
        const float *x, const float *y, const float *z, uint32_t x_len,
        float *out) noexcept
    ecm_status_t ecm_series_turning_points_q15(
        const int16_t *x, uint32_t x_len, uint32_t *count) noexcept
    ecm_status_t ecm_series_hjorth_q15(
        const int16_t *x, uint32_t x_len, ecm_series_hjorth_t *out) noexcept
    ecm_status_t ecm_series_autocorrelation_q15(
        const int16_t *x, uint32_t x_len, const uint32_t *lags, uint32_t lags_len,
        c_bool unbiased, float *out) noexcept
    ecm_status_t ecm_series_correlation_q15(
        const int16_t *x, const int16_t *y, uint32_t x_len, float *r) noexcept
