/* integers.c - what a core of 8 bits with 8 KiB of memory runs of the library: integer
 * conditioning, transforms, statistics of 256 samples, and counters.
 *
 * Integers of C have 16 bits there, so this shows shifts and products that rely on
 * more. No float: the routines of that compiler's library round in another way.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_decimate.h"
#include "ecm_dist_q15.h"
#include "ecm_feat_q15_spectrum.h"
#include "ecm_feat_q15_time.h"
#include "ecm_fft_q15.h"
#include "ecm_filter.h"
#include "ecm_fixed.h"
#include "ecm_nn_add.h"
#include "ecm_nn_conv.h"
#include "ecm_nn_dense_s16.h"
#include "ecm_nn_pool.h"
#include "ecm_nn_s16.h"
#include "ecm_rank.h"
#include "ecm_series.h"
#include "ecm_stats_q15.h"
#include "ecm_taper.h"
#include "ecm_test.h"
#include "ecm_velocity_q15.h"
#include "ecm_window.h"

#define LEN 256U

static int16_t x[LEN];
static union {
    int32_t bins[ECM_FEAT_Q15_WORK_LEN(LEN)];
    int16_t samples[2U * LEN];
} out;

void ecm_test_run_all(void);

static void noise(uint32_t seed, int32_t divisor) {
    uint32_t i;
    for (i = 0; i < LEN; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (int16_t)(((int32_t)(seed >> 16) - 32768) / divisor);
    }
}

static void fixed(void) {
    uint32_t i, seed = 7, ratio;
    int32_t exponent;
    for (i = 0; i < 40U; i++) {
        int32_t a, b;
        seed = seed * 1664525U + 1013904223U;
        a = (int32_t)(seed - ((uint32_t)1 << 31));
        seed = seed * 1664525U + 1013904223U;
        b = (int32_t)(seed - ((uint32_t)1 << 31));
        ecm_test_s32("mul", ecm_fixed_mul_q31(a, b));
        ecm_test_s32("div", ecm_fixed_div_q31(a / 2, b));
        ecm_test_s32("add", ecm_fixed_add_q31(a, b));
        ecm_test_u32("sqrt u64", ecm_fixed_sqrt_u64((uint64_t)seed << (i & 31U)));
        ecm_test_s32("sqrt", ecm_fixed_sqrt_q31(a));
        ecm_test_s32("sin", ecm_fixed_sin_q15(seed));
        ecm_test_u32("magnitude", ecm_fixed_magnitude_q31(a, b));
        if (ecm_fixed_ratio_u32((uint32_t)a, seed | 1U, &ratio, &exponent) == ECM_OK) {
            ecm_test_u32("ratio", ratio);
            ecm_test_s32("ratio exponent", exponent);
        }
    }
}

static void statistics(void) {
    ecm_stats_time_q15_t stats;
    static const int32_t divisor[] = {1, 3, 1000, 70000};
    uint32_t i;
    for (i = 0; i < 4U; i++) {
        noise(i, divisor[i]);
        ECM_CHECK(ecm_stats_time_q15(x, LEN, &stats) == ECM_OK);
        ecm_test_bytes("stats", &stats, sizeof stats);
        ecm_test_u32("kurtosis", stats.kurtosis);
        ecm_test_u32("rms", stats.rms);
        ecm_test_u32("root amplitude", stats.root_amplitude);
    }
}

static void transform(const ecm_fft_q15_plan_t *plan, uint32_t n) {
    int32_t exponent = 0;
    noise(n, 1);
    ECM_CHECK(ecm_fft_q15_r2c(plan, x, out.bins, &exponent) == ECM_OK);
    ecm_test_bytes("r2c", out.bins, n * 4U);
    ecm_test_s32("r2c exponent", exponent);
}

static void filters(void) {
    static const ecm_filter_biquad_q15_t low = {1106, 2210, 1106, -18726, 6763, 14};
    static const ecm_filter_biquad_q31_t high = {529500000,   -1059000000, 529500000,
                                                 -1058500000, 522500000,   29};
    static const int16_t taps[8] = {512, 2048, 5120, 8704, 8704, 5120, 2048, 512};
    static const ecm_decimate_cfg_q15_t by_three = {taps, 8, 3, 15};
    ecm_filter_biquad_state_q15_t st15;
    ecm_filter_biquad_state_q31_t st31;
    ecm_decimate_t decimate;
    int16_t line[ECM_DECIMATE_LINE_LEN(8)];
    uint32_t i, len = 0;
    noise(5, 2);
    ECM_CHECK(ecm_filter_init_q15(&st15, &low, 1) == ECM_OK);
    ECM_CHECK(ecm_filter_biquad_q15(&st15, &low, 1, x, LEN, out.samples) == ECM_OK);
    ecm_test_bytes("biquad q15", out.samples, LEN * 2U);
    ECM_CHECK(ecm_filter_init_q31(&st31, &high, 1) == ECM_OK);
    for (i = 0; i < LEN; i++) {
        out.bins[i] = (int32_t)x[i] * 65536;
    }
    ECM_CHECK(ecm_filter_biquad_q31(&st31, &high, 1, out.bins, LEN, out.bins) ==
              ECM_OK);
    ecm_test_bytes("biquad q31", out.bins, LEN * 4U);
    ECM_CHECK(ecm_decimate_init_q15(&decimate, &by_three, line, 0) == ECM_OK);
    ECM_CHECK(ecm_decimate_q15(&decimate, &by_three, line, x, LEN, out.samples, &len) ==
              ECM_OK);
    ecm_test_u32("decimated", len);
    ecm_test_bytes("decimate", out.samples, len * 2U);
}

static void windows(void) {
    int32_t median = 0;
    uint32_t mad = 0, turning = 0;
    static uint32_t count[16];
    static const int16_t taper[LEN / 2U + 1U] = {0, 1000, 32767, -32768};
    noise(9, 1);
    ECM_CHECK(ecm_rank_median_q15(x, LEN, out.bins, &median, &mad) == ECM_OK);
    ecm_test_s32("median", median);
    ecm_test_u32("mad", mad);
    ECM_CHECK(ecm_rank_histogram_q15(x, LEN, -20000, 20000, 16, count) == ECM_OK);
    ecm_test_bytes("histogram", count, sizeof count);
    ECM_CHECK(ecm_series_turning_points_q15(x, LEN, &turning) == ECM_OK);
    ecm_test_u32("turning", turning);
    ecm_test_s32("mean", ecm_window_mean_q15(x, LEN));
    ECM_CHECK(ecm_window_remove_line_q15(x, LEN, out.samples) == ECM_OK);
    ecm_test_bytes("line", out.samples, LEN * 2U);
    ECM_CHECK(ecm_window_apply_q15(x, LEN, -30000, taper, ECM_TAPER_PERIODIC,
                                   out.samples) == ECM_OK);
    ecm_test_bytes("taper", out.samples, LEN * 2U);
}

/* A convolution, a pool, a sum, a product and a fully connected layer. */
static void network(void) {
    static union {
        int32_t aligned;
        int8_t bytes[96];
    } w;
    static int32_t work[ECM_NN_CONV_WORK_LEN(12U)];
    static const int32_t bias[6] = {1000, -2000, 30000, 0, -40000, 7};
    static const int32_t multiplier[6] = {0x40000000, 0x7fffffff, 0x5a827999,
                                          0x45454545, 0x61234567, 0x50505050};
    static const uint8_t shift[6] = {38, 39, 38, 39, 38, 37};
    static const ecm_nn_conv_s8_t conv = {
        {1, 16, 4, 1, 16, 1, 3, 1, 1, 1, 1, 0, 1},
        {w.bytes, NULL, bias, multiplier, shift, 12, 6, 5, -128, 127, 0},
        1,
        1,
        -7,
        0};
    static const ecm_nn_pool_s8_t pool = {
        {1, 16, 6, 1, 8, 1, 3, 1, 2, 1, 1, 0, 1}, -120, 127};
    static const ecm_nn_add_s8_t add = {48,  6,  0x40000000, 0x5a827999, 0x6ed9eba1,
                                        31,  32, 51,         0,          3,
                                        -20, 8,  -128,       127,        0};
    static const ecm_nn_mean_s8_t mean = {1,  8,   6,    8 * 5, 0x5a827999,
                                          34, -11, -128, 127};
    int8_t *a = (int8_t *)out.samples, *b = a + 128;
    uint32_t i;
    noise(11, 1);
    for (i = 0; i < 96U; i++) {
        w.bytes[i] = (int8_t)((int32_t)x[i] / 256);
        a[i] = (int8_t)((int32_t)x[255U - i] / 256);
    }
    ECM_CHECK(ecm_nn_conv_s8(&conv, a, work, b) == ECM_OK);
    ecm_test_bytes("conv", b, 96);
    ECM_CHECK(ecm_nn_pool_max_s8(&pool, b, a) == ECM_OK);
    ecm_test_bytes("pool", a, 48);
    ECM_CHECK(ecm_nn_pool_mean_s8(&pool, b, a) == ECM_OK);
    ecm_test_bytes("pool", a, 48);
    ECM_CHECK(ecm_nn_add_s8(&add, a, b, a) == ECM_OK);
    ecm_test_bytes("add", a, 48);
    ECM_CHECK(ecm_nn_mul_s8(&add, a, b, b) == ECM_OK);
    ecm_test_bytes("mul", b, 48);
    ECM_CHECK(ecm_nn_mean_s8(&mean, a, b) == ECM_OK);
    ecm_test_bytes("mean", b, 6);
    ECM_CHECK(ecm_nn_dense_s8(&conv.filters, a, b) == ECM_OK);
    ecm_test_bytes("dense", b, 6);
}

/* The same with values of int16. */
static void wide_network(void) {
    static int8_t w[72];
    static const int32_t bias[6] = {100000, -200000, 3000000, 0, -4000000, 700};
    static const int32_t multiplier[6] = {0x4000, 0x7fff, 0x5a82,
                                          0x4545, 0x6123, 0x5050};
    static const int32_t wide[6] = {0x40000000, 0x7fffffff, 0x5a827999,
                                    0x45454545, 0x61234567, 0x50505050};
    static const uint8_t shift[6] = {22, 23, 22, 23, 22, 21};
    static const uint8_t far[6] = {38, 39, 38, 39, 38, 37};
    static const ecm_nn_conv_s8_t conv = {
        {1, 8, 4, 1, 8, 1, 3, 1, 1, 1, 1, 0, 1},
        {w, NULL, bias, multiplier, shift, 12, 6, 0, -32768, 32767, 0},
        1,
        1,
        0,
        0};
    static const ecm_nn_depthwise_s8_t depthwise = {
        {1, 8, 6, 1, 8, 1, 3, 1, 1, 1, 1, 0, 1},
        w,
        bias,
        multiplier,
        shift,
        1,
        0,
        0,
        -32768,
        32767,
        0};
    static const ecm_nn_pool_s8_t pool = {
        {1, 8, 6, 1, 4, 1, 3, 1, 2, 1, 1, 0, 1}, -30000, 32767};
    static const ecm_nn_add_s8_t add = {24, 6,  0x40000000, 0x5a827999, 0x6ed9eba1,
                                        31, 32, 46,         0,          0,
                                        0,  0,  -32768,     32767,      0};
    static const ecm_nn_rescale_t rescale = {0x40000000, 0x5a827999, 31,    33, 0,
                                             0,          -32768,     32767, 0};
    static int16_t work[12];
    int16_t *a = out.samples, *b = a + 64;
    ecm_nn_dense_s8_t dense = conv.filters;
    uint32_t i;
    noise(12, 1);
    for (i = 0; i < 72U; i++) {
        w[i] = (int8_t)((int32_t)x[i] / 256);
    }
    ECM_CHECK(ecm_nn_conv_s16(&conv, x, work, b) == ECM_OK);
    ecm_test_bytes("conv s16", b, 96);
    ECM_CHECK(ecm_nn_depthwise_s16(&depthwise, b, a) == ECM_OK);
    ecm_test_bytes("depthwise s16", a, 96);
    ECM_CHECK(ecm_nn_pool_max_s16(&pool, a, b) == ECM_OK);
    ecm_test_bytes("pool s16", b, 48);
    ECM_CHECK(ecm_nn_pool_mean_s16(&pool, a, b) == ECM_OK);
    ecm_test_bytes("pool s16", b, 48);
    ECM_CHECK(ecm_nn_add_s16(&add, a, b, a) == ECM_OK);
    ecm_test_bytes("add s16", a, 48);
    ECM_CHECK(ecm_nn_mul_s16(&add, a, b, b) == ECM_OK);
    ecm_test_bytes("mul s16", b, 48);
    ECM_CHECK(ecm_nn_rescale_s16(&rescale, a, 24, b) == ECM_OK);
    ecm_test_bytes("rescale s16", b, 48);
    dense.multiplier = wide;
    dense.shift = far;
    ECM_CHECK(ecm_nn_dense_s16(&dense, b, a) == ECM_OK);
    ecm_test_bytes("dense s16", a, 12);
}

static void plan(void) {
    static const ecm_feat_q15_row_t time_rows[] = {{ECM_FEAT_RMS, 30, 0, 0},
                                                   {ECM_FEAT_KURTOSIS, 16, 0, 0},
                                                   {ECM_FEAT_CREST, 16, 0, 0}};
    static const ecm_feat_q15_row_t band_rows[] = {{ECM_FEAT_BAND_RMS, 30, 0, 20},
                                                   {ECM_FEAT_BAND_RMS, 30, 20, 129}};
    static const ecm_feat_q15_row_t moment_rows[] = {{ECM_FEAT_CENTROID, 16, 0, 0}};
    static const ecm_feat_q15_row_t speed_rows[] = {{ECM_FEAT_VELOCITY_RMS, 16, 0, 0}};
    static const ecm_velocity_q15_cfg_t speed = {
        29160, 16582, 0, 3, 7296, 1520, -9362, 1794, 6, 1, 40000000, 60, 30};
    static const uint32_t bin_hz = 2048000;
    static const ecm_feat_q15_step_t steps[] = {
        {&ecm_feat_q15_kind_velocity, speed_rows, 1, ECM_FEAT_Q15_STATE_HEAD, &speed},
        {&ecm_feat_q15_kind_time, time_rows, 3, 0, NULL},
        {&ecm_feat_q15_kind_transform, NULL, 0, 0, &ecm_fft_q15_plan_256},
        {&ecm_feat_q15_kind_power, NULL, 0, 0, NULL},
        {&ecm_feat_q15_kind_bands, band_rows, 2, 0, NULL},
        {&ecm_feat_q15_kind_moments, moment_rows, 1, 0, &bin_hz},
    };
    static const ecm_feat_q15_plan_t made = {steps, 6, LEN, LEN, 7, 35};
    static uint32_t state[35];
    static int32_t features[7];
    uint32_t i;
    ECM_CHECK(ecm_feat_q15_check(&made) == ECM_OK);
    ECM_CHECK(ecm_feat_q15_reset(state, &made) == ECM_OK);
    for (i = 0; i < 4U; i++) {
        noise(i, i == 2U ? 5000 : 2);
        (void)ecm_feat_q15_extract(state, &made, x, out.bins, features);
        ecm_test_bytes("plan", features, sizeof features);
        ecm_test_s32("velocity", features[0]);
        ecm_test_s32("band", features[4]);
    }
}

static void velocity(void) {
    static const ecm_velocity_q15_cfg_t cfg = {
        28916, 25694, 5, 12, 7760, 132, -12579, 4087, 2, 4, 817033908U, 20, 10};
    ecm_velocity_q15_t st;
    uint32_t i, rms = 0;
    ECM_CHECK(ecm_velocity_q15_init(&st, &cfg) == ECM_OK);
    for (i = 0; i < 3U; i++) {
        noise(i, 3);
        ECM_CHECK(ecm_velocity_q15_update(&st, &cfg, x, LEN) == ECM_OK);
    }
    ECM_CHECK(ecm_velocity_q15_rms(&st, &cfg, &rms) == ECM_OK);
    ecm_test_u32("velocity q15", rms);
}

/* Counters of integers and of classes; halved, they use all 16 bits. */
static void distribution(void) {
    static int32_t edges[31];
    static uint16_t count[32], known[32];
    ecm_dist_cfg_t cfg = {NULL, NULL, NULL, 0, 32, ECM_DIST_FORGETTING, 100};
    ecm_dist_q15_distances_t found;
    ecm_dist_t st;
    uint32_t i;
    for (i = 0; i < 31U; i++) {
        edges[i] = (int32_t)i * 2000 - 30000;
    }
    cfg.edges_s32 = edges;
    noise(3, 1);
    ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
    for (i = 0; i < LEN; i++) {
        ECM_CHECK(ecm_dist_update_s32(&st, &cfg, count, x[i]) >= ECM_OK);
    }
    ecm_test_bytes("dist", count, sizeof count);
    ecm_test_bytes("dist state", &st, sizeof st);
    cfg.reference_n = 1000;
    for (i = 0; i < 32U; i++) {
        known[i] = 1024;
    }
    ECM_CHECK(ecm_dist_q15_distances(&st, &cfg, known, count, &found) == ECM_OK);
    ecm_test_bytes("dist_q15", &found, sizeof found);
    ECM_CHECK(found.freedom > 0U);
    cfg.window_len = ECM_DIST_FORGETTING_MAX;
    ECM_CHECK(ecm_dist_init(&st, &cfg, count) == ECM_OK);
    count[3] = 65534;
    st.left = 0;
    ECM_CHECK(ecm_dist_update_class(&st, &cfg, count, 3) == ECM_OK);
    ecm_test_u32("dist halved", count[3]);
}

void ecm_test_run_all(void) {
    distribution();
    velocity();
    network();
    wide_network();
    plan();
    fixed();
    windows();
    statistics();
    transform(&ecm_fft_q15_plan_64, 64);
    transform(&ecm_fft_q15_plan_256, 256);
    filters();
}
