/* ecm_host_feat_steps.c - steps that have a form for blocks of windows: statistics,
 * transform, power and what is read from it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_envelope.h"
#include "ecm_feat_spectrum.h"
#include "ecm_feat_time.h"
#include "ecm_host_feat_block.h"
#include "ecm_host_stats.h"
#include "ecm_math.h"
#include "ecm_spectrum.h"

static float *feat_out(const feat_block_t *block, uint32_t row) {
    return block->out + (size_t)row * block->engine->plan->features_len;
}

/* Samples of the windows, whether resident or not. */
static const float *feat_samples(const feat_block_t *block, size_t *stride) {
    *stride = block->resident ? block->x_stride : block->source_stride;
    return block->resident ? block->x : block->source;
}

/* ---- samples ----------------------------------------------------------------------
 */

/* The mean of each window is to be taken off its samples. */
static void feat_centre(feat_block_t *block, const float *mean) {
    uint32_t i, row;
    memcpy(block->mean, mean, block->rows * sizeof *mean);
    if (!block->resident) {
        block->centred = true;
        return;
    }
    for (row = 0; row < block->rows; row++) {
        float *x = block->x + row * block->x_stride;
        for (i = 0; i < block->engine->plan->window_len; i++) {
            x[i] -= mean[row];
        }
    }
}

static void feat_mean(feat_block_t *block, const ecm_feat_step_t *step) {
    float mean[FEAT_BLOCK_MAX] = {0};
    uint32_t row;
    size_t stride;
    const float *x = feat_samples(block, &stride);
    (void)step;
    for (row = 0; row < block->rows; row++) {
        mean[row] =
            ecm_stats_mean_f32(x + row * stride, block->engine->plan->window_len);
    }
    feat_centre(block, mean);
}

static void feat_time(feat_block_t *block, const ecm_feat_step_t *step) {
    const ecm_feat_plan_t *plan = block->engine->plan;
    float field[ECM_HOST_STATS_FIELDS * FEAT_BLOCK_MAX];
    uint32_t i, row, rows = block->rows;
    size_t stride;
    const float *x = feat_samples(block, &stride);
    (void)ecm_host_stats_time_f32(x, rows, plan->window_len, stride, block->engine->isa,
                                  1, field);
    for (i = 0; i < step->rows_len; i++) {
        /* fields in the order of ids, as ecm_feat_time.c asserts */
        uint32_t place = step->rows[i].id - (uint32_t)ECM_FEAT_MEAN;
        const float *value = field + (size_t)place * rows;
        for (row = 0; row < rows; row++) {
            feat_out(block, row)[i] = value[row];
        }
    }
    if (plan->detrend != (uint32_t)ECM_FEAT_DETREND_NONE) {
        feat_centre(block, field); /* the first field is the mean */
    }
}

static void feat_transform(feat_block_t *block, const ecm_feat_step_t *step) {
    const ecm_host_feat_t *engine = block->engine;
    size_t stride;
    const float *x = feat_samples(block, &stride);
    uint32_t row;
    (void)step;
    (void)ecm_host_fft_packed_f32(&engine->transform, x, (ptrdiff_t)stride, block->rows,
                                  block->centred && !block->resident ? block->mean
                                                                     : NULL,
                                  1, block->work, block->work_stride);
    for (row = 0;
         row < block->rows && engine->plan->detrend != (uint32_t)ECM_FEAT_DETREND_NONE;
         row++) {
        block->work[row * block->work_stride] = 0.0f;
    }
}

/* ---- power ------------------------------------------------------------------------
 */

static void feat_power(feat_block_t *block, const ecm_feat_step_t *step) {
    const ecm_feat_plan_t *plan = block->engine->plan;
    float n = (float)plan->window_len, scale = 8.0f / (3.0f * n * n);
    uint32_t row;
    (void)step;
    for (row = 0; row < block->rows; row++) {
        block->engine->kernels->hann_power(block->work + row * block->work_stride,
                                           plan->window_len, scale,
                                           block->x + row * block->x_stride);
    }
    block->resident = true;
    block->summed = false;
}

/* Rows that a kernel takes together: from first, the last one again where there are no
 * more; at is where they start in a row. Returns how many there are. */
static uint32_t feat_together(const feat_block_t *block, uint32_t first, uint32_t at,
                              const float **row) {
    uint32_t i, count = block->engine->kernels->rows, rows = block->rows - first;
    for (i = 0; i < count; i++) {
        row[i] = block->x + (first + (i < rows ? i : rows - 1U)) * block->x_stride + at;
    }
    return rows < count ? rows : count;
}

static void feat_sums(feat_block_t *block, uint32_t at, uint32_t len, float *sum) {
    const float *row[ECM_HOST_KERNEL_ROWS_MAX];
    float some[ECM_HOST_KERNEL_ROWS_MAX];
    uint32_t i, count;
    for (i = 0; i < block->rows; i += count) {
        count = feat_together(block, i, at, row);
        block->engine->kernels->sum(row, len, some);
        memcpy(sum + i, some, count * sizeof *sum);
    }
}

/* The sums of all bins, and of k times bin k. */
static const float *feat_totals(feat_block_t *block) {
    const float *row[ECM_HOST_KERNEL_ROWS_MAX];
    float total[ECM_HOST_KERNEL_ROWS_MAX], first[ECM_HOST_KERNEL_ROWS_MAX];
    uint32_t i, count;
    for (i = 0; i < block->rows && !block->summed; i += count) {
        count = feat_together(block, i, 0, row);
        block->engine->kernels->sum_first(
            row, ECM_FEAT_BINS(block->engine->plan->window_len), total, first);
        memcpy(block->total + i, total, count * sizeof *total);
        memcpy(block->moment + i, first, count * sizeof *first);
    }
    block->summed = true;
    return block->total;
}

static void feat_bands(feat_block_t *block, const ecm_feat_step_t *step) {
    const ecm_feat_plan_t *plan = block->engine->plan;
    uint32_t i, row, bins = ECM_FEAT_BINS(plan->window_len);
    float bin_hz = plan->fs_hz / (float)plan->window_len, sum[FEAT_BLOCK_MAX];
    for (i = 0; i < step->rows_len; i++) {
        const ecm_feat_row_t *band = &step->rows[i];
        uint32_t k0 = ecm_spectrum_bin_f32(band->a, bin_hz, bins);
        uint32_t k1 = ecm_spectrum_bin_f32(band->b, bin_hz, bins);
        bool is_rms = band->id == (uint16_t)ECM_FEAT_BAND_RMS;
        const float *total = is_rms ? NULL : feat_totals(block);
        feat_sums(block, k0, k1 > k0 ? k1 - k0 : 0U, sum);
        for (row = 0; row < block->rows; row++) {
            float value = 0.0f;
            if (is_rms) {
                value = ecm_math_sqrt_f32(sum[row]);
            } else if (total[row] > ECM_SPECTRUM_EMPTY) {
                value = sum[row] / total[row];
            }
            feat_out(block, row)[i] = value;
        }
    }
}

/* Is there a spectrum to describe? If not, the device's routine says what to answer. */
static bool feat_is_some(float total) {
    return total >= ECM_SPECTRUM_EMPTY && ecm_math_isfinite_f32(total);
}

static void feat_moments_of(feat_block_t *block, const ecm_feat_step_t *step,
                            uint32_t row, float total, float centre, const float *sum) {
    const ecm_feat_plan_t *plan = block->engine->plan;
    float bin_hz = plan->fs_hz / (float)plan->window_len, *out = feat_out(block, row);
    float m2 = sum[0] / total, root = ecm_port_sqrt_f32(m2);
    uint32_t i;
    for (i = 0; i < step->rows_len; i++) {
        switch (step->rows[i].id) {
        case ECM_FEAT_CENTROID:
            out[i] = centre * bin_hz;
            break;
        case ECM_FEAT_SPECTRAL_SPREAD:
            out[i] = root * bin_hz;
            break;
        case ECM_FEAT_SPECTRAL_SKEWNESS:
            out[i] = sum[1] / total / (m2 * root);
            break;
        default:
            out[i] = sum[2] / total / (m2 * m2);
            break;
        }
    }
}

static void feat_moments(feat_block_t *block, const ecm_feat_step_t *step) {
    const ecm_host_kernels_t *kernels = block->engine->kernels;
    const float *at[ECM_HOST_KERNEL_ROWS_MAX], *total = feat_totals(block);
    float centre[ECM_HOST_KERNEL_ROWS_MAX], sum[ECM_HOST_KERNEL_ROWS_MAX][3];
    uint32_t i, row, count, bins = ECM_FEAT_BINS(block->engine->plan->window_len);
    bool central = false; /* is there more than the centroid to know? */
    memset(sum, 0, sizeof sum);
    for (i = 0; i < step->rows_len; i++) {
        central = central || step->rows[i].id != (uint16_t)ECM_FEAT_CENTROID;
    }
    for (row = 0; row < block->rows; row += count) {
        count = feat_together(block, row, 0, at);
        for (i = 0; i < kernels->rows; i++) {
            uint32_t one = row + (i < count ? i : count - 1U);
            centre[i] = block->moment[one] / total[one];
        }
        if (central) {
            kernels->sum_central(at, bins, centre, sum);
        }
        for (i = 0; i < count; i++) {
            float all = total[row + i];
            /* A single line, and what is no spectrum, is left to the device's routine.
             */
            if (feat_is_some(all) && (!central || sum[i][0] / all >= 0x1p-20f)) {
                feat_moments_of(block, step, row + i, all, centre[i], sum[i]);
            } else {
                (void)ecm_host_feat_row(block, step, row + i);
            }
        }
    }
}

static void feat_entropy(feat_block_t *block, const ecm_feat_step_t *step) {
    const ecm_host_kernels_t *kernels = block->engine->kernels;
    const float *at[ECM_HOST_KERNEL_ROWS_MAX], *total = feat_totals(block);
    float per_total[ECM_HOST_KERNEL_ROWS_MAX], sum[ECM_HOST_KERNEL_ROWS_MAX];
    uint32_t i, j, row, count, bins = ECM_FEAT_BINS(block->engine->plan->window_len);
    float most = ecm_math_log2_f32((float)bins);
    for (row = 0; row < block->rows; row += count) {
        count = feat_together(block, row, 0, at);
        for (i = 0; i < kernels->rows; i++) {
            float one = total[row + (i < count ? i : count - 1U)];
            per_total[i] = feat_is_some(one) ? 1.0f / one : 0.0f;
        }
        kernels->sum_surprise(at, bins, per_total, sum);
        for (i = 0; i < count; i++) {
            if (!feat_is_some(total[row + i])) {
                (void)ecm_host_feat_row(block, step, row + i);
                continue;
            }
            for (j = 0; j < step->rows_len; j++) {
                feat_out(block, row + i)[j] = sum[i] * -0x1p-23f / most;
            }
        }
    }
}

static void feat_flatness(feat_block_t *block, const ecm_feat_step_t *step) {
    const ecm_host_kernels_t *kernels = block->engine->kernels;
    const float *at[ECM_HOST_KERNEL_ROWS_MAX], *total = feat_totals(block);
    float per_mean[ECM_HOST_KERNEL_ROWS_MAX], product[ECM_HOST_KERNEL_ROWS_MAX];
    uint32_t whole[ECM_HOST_KERNEL_ROWS_MAX];
    uint32_t i, j, row, count, bins = ECM_FEAT_BINS(block->engine->plan->window_len);
    for (row = 0; row < block->rows; row += count) {
        count = feat_together(block, row, 0, at);
        for (i = 0; i < kernels->rows; i++) {
            float one = total[row + (i < count ? i : count - 1U)];
            per_mean[i] = feat_is_some(one) ? (float)bins / one : 0.0f;
        }
        kernels->product(at, bins, per_mean, product, whole);
        for (i = 0; i < count; i++) {
            float level = (float)((int32_t)whole[i] - 127 * (int32_t)bins);
            if (!feat_is_some(total[row + i])) {
                (void)ecm_host_feat_row(block, step, row + i);
                continue;
            }
            level = (level + ecm_math_log2_f32(product[i])) / (float)bins;
            for (j = 0; j < step->rows_len; j++) {
                feat_out(block, row + i)[j] = ecm_math_exp_f32(level * 0x1.62e43p-1f);
            }
        }
    }
}

static void feat_crest(feat_block_t *block, const ecm_feat_step_t *step) {
    const float *at[ECM_HOST_KERNEL_ROWS_MAX], *total = feat_totals(block);
    float peak[ECM_HOST_KERNEL_ROWS_MAX];
    uint32_t i, j, row, count, bins = ECM_FEAT_BINS(block->engine->plan->window_len);
    for (row = 0; row < block->rows; row += count) {
        count = feat_together(block, row, 0, at);
        block->engine->kernels->peak(at, bins, peak);
        for (i = 0; i < count; i++) {
            if (!feat_is_some(total[row + i])) {
                (void)ecm_host_feat_row(block, step, row + i);
                continue;
            }
            for (j = 0; j < step->rows_len; j++) {
                feat_out(block, row + i)[j] = peak[i] / total[row + i] * (float)bins;
            }
        }
    }
}

/* ---- which step has a form --------------------------------------------------------
 */

static feat_block_fn_t *feat_form(const ecm_feat_step_t *step) {
    const ecm_feat_kind_t *kind = step->kind;
    if (kind == &ecm_feat_kind_mean) {
        return feat_mean;
    }
    if (kind == &ecm_feat_kind_time) {
        return feat_time;
    }
    if (kind == &ecm_feat_kind_transform) {
        return feat_transform;
    }
    if (kind == &ecm_feat_kind_power) {
        return feat_power;
    }
    if (kind == &ecm_feat_kind_bands) {
        return feat_bands;
    }
    if (kind == &ecm_feat_kind_moments) {
        return feat_moments;
    }
    if (kind == &ecm_feat_kind_entropy) {
        return feat_entropy;
    }
    if (kind == &ecm_feat_kind_flatness) {
        return feat_flatness;
    }
    if (kind == &ecm_feat_kind_spectral_crest) {
        return feat_crest;
    }
    if (kind == &ecm_feat_kind_envelope && ecm_host_feat_envelope_takes(step)) {
        return ecm_host_feat_envelope;
    }
    return NULL;
}

feat_block_fn_t *ecm_host_feat_block_fn(const ecm_feat_plan_t *plan,
                                        const ecm_feat_step_t *step) {
    uint32_t i;
    for (i = 0; &plan->steps[i] != step; i++) {
        if (plan->steps[i].kind == step->kind) {
            return NULL; /* the engine is for the first of its kind */
        }
    }
    return feat_form(step);
}
