/* ecm_feat_q15_spectrum.c - see ecm_feat_q15_spectrum.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_q15_spectrum.h"
#include "ecm_fixed.h"

/* Is a step of this kind before another one, which reads what it leaves in work? */
static bool feat_q15_follows(const ecm_feat_q15_plan_t *plan,
                             const ecm_feat_q15_step_t *step,
                             const ecm_feat_q15_kind_t *kind) {
    const ecm_feat_q15_step_t *before;
    for (before = plan->steps; before != step; before++) {
        if (before->kind == kind) {
            return true;
        }
    }
    return false;
}

/* ---- transform ---------------------------------------------------------------- */

static ecm_status_t feat_q15_transform_check(const ecm_feat_q15_plan_t *plan,
                                             const ecm_feat_q15_step_t *step,
                                             ecm_feat_q15_need_t *need) {
    const ecm_fft_q15_plan_t *fft = (const ecm_fft_q15_plan_t *)step->cfg;
    (void)need;
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(fft != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(fft->len * 2U == plan->window_len, ECM_ERR_LENGTH);
    return ECM_OK;
}

static ecm_status_t feat_q15_transform_run(const ecm_feat_q15_step_t *step,
                                           ecm_feat_q15_frame_t *frame, int32_t *out) {
    (void)out;
    (void)ecm_fft_q15_r2c((const ecm_fft_q15_plan_t *)step->cfg, frame->x, frame->work,
                          &frame->exponent);
    frame->work[0] = 0; /* the mean, which a taper would spread */
    return ECM_OK;
}

const ecm_feat_q15_kind_t ecm_feat_q15_kind_transform = {feat_q15_transform_check,
                                                         feat_q15_transform_run};

/* ---- power -------------------------------------------------------------------- */

static ecm_status_t feat_q15_power_check(const ecm_feat_q15_plan_t *plan,
                                         const ecm_feat_q15_step_t *step,
                                         ecm_feat_q15_need_t *need) {
    (void)need;
    ECM_REQUIRE(step->rows_len == 0U, ECM_ERR_ARG);
    ECM_REQUIRE(feat_q15_follows(plan, step, &ecm_feat_q15_kind_transform),
                ECM_ERR_ARG);
    return ECM_OK;
}

/* floor((2 x - before - after + 2) / 4): at most 2^31 in size, since a Hann taper does
 * not make a bin larger than the largest; rounding up to 2^31 cannot be, as bins are
 * below it. */
static int32_t feat_q15_hann(int32_t before, int32_t x, int32_t after) {
    int64_t sum = 2 * (int64_t)x - before - after + 2;
    return (int32_t)(sum < 0 ? ~(~sum >> 2) : sum >> 2); /* C99 leaves >> open */
}

/* Tapers the packed bins in place. */
static void feat_q15_taper(int32_t *bin, uint32_t n) {
    uint32_t k, half = n / 2U;
    int32_t before_re = bin[0], before_im = 0, last = bin[1];
    bin[0] = feat_q15_hann(bin[2], bin[0], bin[2]);
    for (k = 1; k < half; k++) {
        int32_t re = bin[2U * k], im = bin[2U * k + 1U];
        int32_t after_re = k + 1U < half ? bin[2U * k + 2U] : last;
        int32_t after_im = k + 1U < half ? bin[2U * k + 3U] : 0;
        bin[2U * k] = feat_q15_hann(before_re, re, after_re);
        bin[2U * k + 1U] = feat_q15_hann(before_im, im, after_im);
        before_re = re;
        before_im = im;
    }
    bin[1] = feat_q15_hann(before_re, last, before_re);
}

static ecm_status_t feat_q15_power_run(const ecm_feat_q15_step_t *step,
                                       ecm_feat_q15_frame_t *frame, int32_t *out) {
    uint32_t k, half = frame->plan->window_len / 2U;
    uint32_t *power = (uint32_t *)(void *)frame->work;
    (void)step;
    (void)out;
    feat_q15_taper(frame->work, frame->plan->window_len);
    (void)ecm_fft_q15_power(frame->work, half, frame->exponent, power,
                            &frame->exponent);
    frame->total = (uint64_t)power[0] + power[half];
    for (k = 1; k < half; k++) {
        power[k] *= 2U; /* below 2^30 */
        frame->total += power[k];
    }
    return ECM_OK;
}

const ecm_feat_q15_kind_t ecm_feat_q15_kind_power = {feat_q15_power_check,
                                                     feat_q15_power_run};

/* ---- bands -------------------------------------------------------------------- */

static ecm_status_t feat_q15_bands_check(const ecm_feat_q15_plan_t *plan,
                                         const ecm_feat_q15_step_t *step,
                                         ecm_feat_q15_need_t *need) {
    uint32_t i;
    (void)need;
    ECM_REQUIRE(feat_q15_follows(plan, step, &ecm_feat_q15_kind_power), ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_q15_row_t *row = &step->rows[i];
        ECM_REQUIRE(row->id == (uint16_t)ECM_FEAT_BAND_RMS ||
                        row->id == (uint16_t)ECM_FEAT_BAND_FRACTION,
                    ECM_ERR_ARG);
        ECM_REQUIRE(row->first < row->end && row->end <= plan->window_len / 2U + 1U,
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

/* Root of 8/3 sum 2^exponent / n^2 in Q30 of 2^15, n = 2^places: sum is below 2^41, so
 * 8/3 of it in 22 more places keeps within 64 bits, and all digits that count. */
static int32_t feat_q15_rms(uint64_t sum, int32_t exponent, uint32_t n) {
    int32_t places = 0, shift;
    uint64_t root;
    while (n > 1U) {
        n >>= 1;
        places++;
    }
    /* 2^19 8/3 sum: what is left of the exponent becomes even. */
    sum = (sum << 22) / 3U;
    shift = exponent - 19;
    if ((shift & 1) != 0) {
        sum >>= 1;
        shift++;
    }
    root = ecm_fixed_sqrt_u64(sum);
    shift = shift / 2 - places + 15; /* to Q30 of 2^15 */
    if (shift >= 0) {
        return shift > 31 || root << shift > (uint64_t)INT32_MAX
                   ? INT32_MAX
                   : (int32_t)(root << shift);
    }
    if (shift < -32) {
        return 0;
    }
    root = (root + ((uint64_t)1 << (-shift - 1))) >> -shift;
    return root > (uint64_t)INT32_MAX ? INT32_MAX : (int32_t)root;
}

static ecm_status_t feat_q15_bands_run(const ecm_feat_q15_step_t *step,
                                       ecm_feat_q15_frame_t *frame, int32_t *out) {
    const uint32_t *power = (const uint32_t *)(const void *)frame->work;
    uint32_t i, k;
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_q15_row_t *row = &step->rows[i];
        uint64_t sum = 0;
        for (k = row->first; k < row->end; k++) {
            sum += power[k];
        }
        if (row->id == (uint16_t)ECM_FEAT_BAND_RMS) {
            out[i] = feat_q15_rms(sum, frame->exponent, frame->plan->window_len);
        } else {
            out[i] = 0;
            if (frame->total > 0U) {
                out[i] = (int32_t)(((sum << 16) + frame->total / 2U) / frame->total);
            }
        }
    }
    return ECM_OK;
}

const ecm_feat_q15_kind_t ecm_feat_q15_kind_bands = {feat_q15_bands_check,
                                                     feat_q15_bands_run};

/* ---- moments ------------------------------------------------------------------ */

static ecm_status_t feat_q15_moments_check(const ecm_feat_q15_plan_t *plan,
                                           const ecm_feat_q15_step_t *step,
                                           ecm_feat_q15_need_t *need) {
    uint32_t i;
    (void)need;
    ECM_REQUIRE(feat_q15_follows(plan, step, &ecm_feat_q15_kind_power), ECM_ERR_ARG);
    ECM_REQUIRE(step->cfg != NULL, ECM_ERR_NULL);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].id == (uint16_t)ECM_FEAT_CENTROID, ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t feat_q15_moments_run(const ecm_feat_q15_step_t *step,
                                         ecm_feat_q15_frame_t *frame, int32_t *out) {
    const uint32_t *power = (const uint32_t *)(const void *)frame->work;
    uint64_t sum = 0, centroid = 0, total = frame->total;
    uint32_t bin_hz, i, k;
    memcpy(&bin_hz, step->cfg, sizeof bin_hz);
    for (k = 0; k <= frame->plan->window_len / 2U; k++) {
        sum += (uint64_t)power[k] * k; /* below 2^30 2^11 2^11 */
    }
    if (total > 0U) {
        /* In bins, Q16.16, below 2^28; total is below 2^41. */
        centroid = (sum / total << 16) + ((sum % total << 16) + total / 2U) / total;
        centroid = (centroid * bin_hz + 0x8000U) >> 16;
    }
    for (i = 0; i < step->rows_len; i++) {
        out[i] =
            centroid > (uint64_t)INT32_MAX ? INT32_MAX : (int32_t)(uint32_t)centroid;
    }
    return ECM_OK;
}

const ecm_feat_q15_kind_t ecm_feat_q15_kind_moments = {feat_q15_moments_check,
                                                       feat_q15_moments_run};
