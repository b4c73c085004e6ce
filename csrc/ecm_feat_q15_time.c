/* ecm_feat_q15_time.c - see ecm_feat_q15_time.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_q15_time.h"
#include "ecm_fixed.h"
#include "ecm_stats_q15.h"

static int32_t feat_q15_clamp(uint32_t x) {
    return x > (uint32_t)INT32_MAX ? INT32_MAX : (int32_t)x;
}

/* ---- time --------------------------------------------------------------------- */

/* From Q31 to Q30, half up. */
static int32_t feat_q15_half(uint32_t x) {
    return (int32_t)((x >> 1) + (x & 1U));
}

static int32_t feat_q15_half_signed(int32_t x) {
    return x < 0 ? -(int32_t)((0U - (uint32_t)x) >> 1) : feat_q15_half((uint32_t)x);
}

static bool feat_q15_time_value(const ecm_stats_time_q15_t *stats, uint16_t id,
                                int32_t *value) {
    switch (id) {
    case ECM_FEAT_MEAN:
        *value = feat_q15_half_signed(stats->mean);
        return true;
    case ECM_FEAT_MINIMUM:
        *value = feat_q15_half_signed(stats->minimum);
        return true;
    case ECM_FEAT_MAXIMUM:
        *value = feat_q15_half_signed(stats->maximum);
        return true;
    case ECM_FEAT_RMS:
        *value = feat_q15_half(stats->rms);
        return true;
    case ECM_FEAT_RMS_ABOUT_ZERO:
        *value = feat_q15_half(stats->rms_about_zero);
        return true;
    case ECM_FEAT_PEAK:
        *value = feat_q15_half(stats->peak);
        return true;
    case ECM_FEAT_PEAK_TO_PEAK:
        *value = feat_q15_half(stats->peak_to_peak);
        return true;
    case ECM_FEAT_MEAN_ABS:
        *value = feat_q15_half(stats->mean_abs);
        return true;
    case ECM_FEAT_SKEWNESS:
        *value = stats->skewness;
        return true;
    case ECM_FEAT_KURTOSIS:
        *value = feat_q15_clamp(stats->kurtosis);
        return true;
    case ECM_FEAT_CREST:
        *value = feat_q15_clamp(stats->crest);
        return true;
    case ECM_FEAT_SHAPE:
        *value = feat_q15_clamp(stats->shape);
        return true;
    case ECM_FEAT_IMPULSE:
        *value = feat_q15_clamp(stats->impulse);
        return true;
    case ECM_FEAT_CLEARANCE:
        *value = feat_q15_clamp(stats->clearance);
        return true;
    default:
        return false;
    }
}

static ecm_status_t feat_q15_time_check(const ecm_feat_q15_plan_t *plan,
                                        const ecm_feat_q15_step_t *step,
                                        uint32_t *state_len) {
    ecm_stats_time_q15_t none;
    int32_t ignored;
    uint32_t i;
    (void)plan;
    (void)state_len;
    memset(&none, 0, sizeof none);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(feat_q15_time_value(&none, step->rows[i].id, &ignored),
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_q15_time_run(const ecm_feat_q15_step_t *step,
                                      ecm_feat_q15_frame_t *frame, int32_t *out) {
    ecm_stats_time_q15_t stats;
    uint32_t i;
    (void)ecm_stats_time_q15(frame->x, frame->plan->window_len, &stats);
    for (i = 0; i < step->rows_len; i++) {
        (void)feat_q15_time_value(&stats, step->rows[i].id, &out[i]);
    }
    return ECM_OK;
}

const ecm_feat_q15_kind_t ecm_feat_q15_kind_time = {feat_q15_time_check,
                                                    feat_q15_time_run};

/* ---- velocity ----------------------------------------------------------------- */

/* Its state: words of no pointers. */
typedef struct {
    ecm_filter_biquad_state_q31_t section[ECM_FEAT_Q15_VELOCITY_SECTIONS];
    uint32_t sum[2]; /* of squares, this block: low word first */
    uint32_t block[2U * ECM_FEAT_Q15_VELOCITY_BLOCKS]; /* of the last whole blocks */
    uint32_t left;   /* samples to the end of the block; 0: no sample yet */
    uint32_t blocks; /* whole ones since the start, the settling one among them, at
                        most ECM_FEAT_Q15_VELOCITY_BLOCKS + 1 */
    uint32_t at;     /* place of the next block */
} feat_q15_velocity_t;
ECM_STATIC_ASSERT(sizeof(feat_q15_velocity_t) == 164, feat_q15_velocity_size);

static uint64_t feat_q15_join(const uint32_t *word) {
    return (uint64_t)word[1] << 32 | word[0];
}

static void feat_q15_split(uint64_t x, uint32_t *word) {
    word[0] = (uint32_t)x;
    word[1] = (uint32_t)(x >> 32);
}

static ecm_status_t feat_q15_velocity_check(const ecm_feat_q15_plan_t *plan,
                                            const ecm_feat_q15_step_t *step,
                                            uint32_t *state_len) {
    const ecm_feat_q15_velocity_t *cfg = (const ecm_feat_q15_velocity_t *)step->cfg;
    feat_q15_velocity_t none;
    (void)plan;
    ECM_REQUIRE(step->rows_len == 1U, ECM_ERR_ARG);
    ECM_REQUIRE(step->rows[0].id == (uint16_t)ECM_FEAT_Q15_VELOCITY_RMS, ECM_ERR_ARG);
    ECM_REQUIRE(cfg != NULL && cfg->sections != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->sections_len >= 1U &&
                    cfg->sections_len <= (uint32_t)ECM_FEAT_Q15_VELOCITY_SECTIONS,
                ECM_ERR_ARG);
    ECM_REQUIRE(cfg->block_len >= 1U && cfg->block_len <= (uint32_t)1 << 16,
                ECM_ERR_ARG);
    *state_len = sizeof(feat_q15_velocity_t) / sizeof(uint32_t);
    return ecm_filter_init_q31(none.section, cfg->sections, cfg->sections_len);
}

static void feat_q15_velocity_end_block(feat_q15_velocity_t *st,
                                        const ecm_feat_q15_velocity_t *cfg) {
    if (st->blocks > 0U) { /* not the settling one */
        memcpy(&st->block[2U * st->at], st->sum, sizeof st->sum);
        st->at = (st->at + 1U) % (uint32_t)ECM_FEAT_Q15_VELOCITY_BLOCKS;
    }
    st->blocks += st->blocks <= (uint32_t)ECM_FEAT_Q15_VELOCITY_BLOCKS ? 1U : 0U;
    feat_q15_split(0, st->sum);
    st->left = cfg->block_len;
}

static ecm_status_t feat_q15_velocity_run(const ecm_feat_q15_step_t *step,
                                          ecm_feat_q15_frame_t *frame, int32_t *out) {
    const ecm_feat_q15_velocity_t *cfg = (const ecm_feat_q15_velocity_t *)step->cfg;
    const int16_t *x = frame->x + (frame->plan->window_len - frame->fresh_len);
    feat_q15_velocity_t *st = (feat_q15_velocity_t *)(void *)frame->state;
    uint64_t sum;
    uint32_t i;
    for (i = 0; i < frame->fresh_len; i++) {
        frame->work[i] = (int32_t)x[i] * 65536;
    }
    (void)ecm_filter_biquad_q31(st->section, cfg->sections, cfg->sections_len,
                                frame->work, frame->fresh_len, frame->work);
    if (st->left == 0U) {
        st->left = cfg->settle_len;
        if (st->left == 0U) {
            feat_q15_velocity_end_block(st, cfg);
        }
    }
    sum = feat_q15_join(st->sum);
    for (i = 0; i < frame->fresh_len; i++) {
        /* 24 bits: 2^16 squares of 2^46 in 8 blocks stay below 2^65 by saturation. */
        int32_t y = frame->work[i];
        uint32_t size = (y < 0 ? 0U - (uint32_t)y : (uint32_t)y) >> 8;
        sum += (uint64_t)size * size;
        st->left--;
        if (st->left == 0U) {
            feat_q15_split(sum, st->sum);
            feat_q15_velocity_end_block(st, cfg);
            sum = 0;
        }
    }
    feat_q15_split(sum, st->sum);
    if (st->blocks <= (uint32_t)ECM_FEAT_Q15_VELOCITY_BLOCKS) {
        return ECM_MORE;
    }
    for (sum = 0, i = 0; i < (uint32_t)ECM_FEAT_Q15_VELOCITY_BLOCKS; i++) {
        sum += feat_q15_join(&st->block[2U * i]) / cfg->block_len;
    }
    /* Mean of 8 blocks of Q46 to Q60: its root is Q30. */
    sum = sum / (uint32_t)ECM_FEAT_Q15_VELOCITY_BLOCKS << 14;
    out[0] = feat_q15_clamp(ecm_fixed_sqrt_u64(sum));
    return ECM_OK;
}

const ecm_feat_q15_kind_t ecm_feat_q15_kind_velocity = {feat_q15_velocity_check,
                                                        feat_q15_velocity_run};
