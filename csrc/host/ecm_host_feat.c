/* ecm_host_feat.c - see ecm_host_feat.h: engines, blocks and pieces.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_host_feat.h"

#include "ecm_feat_envelope.h"
#include "ecm_feat_spectrum.h"
#include "ecm_host_feat_block.h"

enum {
    FEAT_CACHE = 65536, /* floats of a block: half of a second-level cache */
    FEAT_APART = 16     /* floats between rows, which are often powers of two long */
};

/* ---- engines ----------------------------------------------------------------------
 */

const ecm_host_kernels_t *ecm_host_kernels(int32_t isa) {
    switch (isa) {
#if defined(ECM_HOST_VECTORS)
    case ECM_HOST_ISA_BASE:
        return &ecm_host_kernels_base;
#if defined(__x86_64__)
    case ECM_HOST_ISA_AVX2:
        return &ecm_host_kernels_avx2;
    case ECM_HOST_ISA_AVX512:
        return &ecm_host_kernels_avx512;
#endif
#endif
    default:
        return NULL;
    }
}

static const ecm_feat_envelope_cfg_t *feat_envelope_cfg(const ecm_feat_step_t *step) {
    return (const ecm_feat_envelope_cfg_t *)step->cfg;
}

/* The step of a kind; NULL if there is none. */
static const ecm_feat_step_t *feat_find(const ecm_feat_plan_t *plan,
                                        const ecm_feat_kind_t *kind) {
    uint32_t i;
    for (i = 0; i < plan->steps_len; i++) {
        if (plan->steps[i].kind == kind) {
            return &plan->steps[i];
        }
    }
    return NULL;
}

uint32_t ecm_host_feat_len(const ecm_feat_plan_t *plan) {
    const ecm_feat_step_t *envelope;
    uint32_t len = 1;
    if (plan == NULL) {
        return 0;
    }
    len += ecm_host_fft_plan_len(plan->window_len / 2U);
    envelope = feat_find(plan, &ecm_feat_kind_envelope);
    if (envelope != NULL) {
        const ecm_feat_envelope_cfg_t *cfg = feat_envelope_cfg(envelope);
        len += ecm_host_fft_plan_len(cfg->band.inverse->len);
        len += ecm_host_fft_plan_len(cfg->lines.history.fft->len);
    }
    return len;
}

/* A plan of transforms in the next part of the memory. */
static ecm_status_t feat_fft(ecm_host_fft_plan_t *plan, const ecm_fft_plan_t *device,
                             int32_t kind, int32_t isa, float **memory) {
    uint32_t len = ecm_host_fft_plan_len(device->len);
    float *own = *memory;
    *memory += len;
    return ecm_host_fft_plan_init(plan, device, kind, isa, own, len);
}

static ecm_status_t feat_transforms(ecm_host_feat_t *engine, float *memory) {
    const ecm_feat_step_t *step = feat_find(engine->plan, &ecm_feat_kind_transform);
    ecm_status_t status = ECM_OK;
    if (step != NULL) {
        status = feat_fft(&engine->transform, (const ecm_fft_plan_t *)step->cfg,
                          ECM_HOST_FFT_REAL, engine->isa, &memory);
        ECM_REQUIRE(status == ECM_OK, status);
    }
    step = feat_find(engine->plan, &ecm_feat_kind_envelope);
    if (step != NULL) {
        const ecm_feat_envelope_cfg_t *cfg = feat_envelope_cfg(step);
        status = feat_fft(&engine->inverse, cfg->band.inverse, ECM_HOST_FFT_INVERSE,
                          engine->isa, &memory);
        ECM_REQUIRE(status == ECM_OK, status);
        status = feat_fft(&engine->history, cfg->lines.history.fft, ECM_HOST_FFT_REAL,
                          engine->isa, &memory);
    }
    return status;
}

/* Work memory of a window: that of the steps that the device's routine does. */
static uint32_t feat_row_len(const ecm_feat_plan_t *plan) {
    uint32_t i, row_len = plan->window_len; /* of "transform" */
    for (i = 0; i < plan->steps_len; i++) {
        const ecm_feat_step_t *step = &plan->steps[i];
        ecm_feat_need_t need = {0, 0, 0, 0};
        if (ecm_host_feat_block_fn(plan, step) == NULL) {
            (void)step->kind->check(plan, step, &need);
            row_len = need.work_len > row_len ? need.work_len : row_len;
        }
    }
    return row_len;
}

ecm_status_t ecm_host_feat_init(ecm_host_feat_t *engine, const ecm_feat_plan_t *plan,
                                int32_t isa, float *memory, uint32_t memory_len) {
    const ecm_feat_step_t *envelope;
    uint32_t each;
    ECM_REQUIRE(engine != NULL && plan != NULL && memory != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(isa >= ECM_HOST_ISA_SCALAR && isa <= ecm_host_isa(), ECM_ERR_ARG);
    ECM_REQUIRE(memory_len >= ecm_host_feat_len(plan), ECM_ERR_FULL);
    memset(engine, 0, sizeof *engine);
    engine->plan = plan;
    engine->isa = isa;
    engine->kernels = ecm_host_kernels(isa);
    engine->row_len = plan->work_len;
    engine->block_len = 1;
    if (engine->kernels == NULL) {
        return ECM_OK;
    }
    engine->row_len = feat_row_len(plan);
    each = 2U * plan->window_len + engine->row_len;
    envelope = feat_find(plan, &ecm_feat_kind_envelope);
    if (envelope != NULL) {
        each += ecm_host_feat_envelope_len(envelope, 1) -
                ecm_host_feat_envelope_len(envelope, 0);
    }
    engine->block_len = FEAT_CACHE / each;
    engine->block_len -= engine->block_len % ECM_HOST_KERNEL_ROWS_MAX;
    if (engine->block_len < ECM_HOST_KERNEL_ROWS_MAX) {
        engine->block_len = ECM_HOST_KERNEL_ROWS_MAX;
    }
    if (engine->block_len > FEAT_BLOCK_MAX) {
        engine->block_len = FEAT_BLOCK_MAX;
    }
    if (envelope != NULL) {
        engine->extra_len = ecm_host_feat_envelope_len(envelope, engine->block_len);
    }
    return feat_transforms(engine, memory);
}

static size_t feat_x_stride(const ecm_host_feat_t *engine) {
    return engine->plan->window_len + (size_t)FEAT_APART;
}

static size_t feat_work_stride(const ecm_host_feat_t *engine) {
    return engine->row_len + (size_t)FEAT_APART;
}

uint32_t ecm_host_feat_work_len(const ecm_host_feat_t *engine) {
    if (engine == NULL) {
        return 0;
    }
    return engine->extra_len + engine->block_len * (uint32_t)(feat_x_stride(engine) +
                                                              feat_work_stride(engine));
}

/* ---- blocks -----------------------------------------------------------------------
 */

ecm_status_t ecm_host_feat_row(feat_block_t *block, const ecm_feat_step_t *step,
                               uint32_t row) {
    const ecm_feat_plan_t *plan = block->engine->plan;
    ecm_feat_frame_t frame;
    frame.plan = plan;
    frame.x = block->x + row * block->x_stride;
    frame.work = block->work + row * block->work_stride;
    frame.state = plan->state_len > 0U ? block->state + step->state_at : NULL;
    frame.speed_hz = block->speed_hz[row];
    frame.first = plan->state_len == 0U || (block->first && row == 0U);
    frame.fresh_len = frame.first ? plan->window_len : plan->hop_len;
    return step->kind->run(step, &frame, block->out + (size_t)row * plan->features_len);
}

/* Copy the samples, with their means off if a step has taken them. */
static void feat_reside(feat_block_t *block) {
    uint32_t i, row, n = block->engine->plan->window_len;
    for (row = 0; row < block->rows && !block->resident; row++) {
        const float *from = block->source + row * block->source_stride;
        float *to = block->x + row * block->x_stride, mean = block->mean[row];
        if (!block->centred) {
            memcpy(to, from, n * sizeof *to);
            continue;
        }
        for (i = 0; i < n; i++) {
            to[i] = from[i] - mean;
        }
    }
    block->resident = true;
}

static void feat_step(feat_block_t *block, const ecm_feat_step_t *step) {
    feat_block_fn_t *form = ecm_host_feat_block_fn(block->engine->plan, step);
    uint32_t row;
    if (form != NULL) {
        form(block, step);
        return;
    }
    feat_reside(block);
    for (row = 0; row < block->rows; row++) {
        ecm_status_t news = ecm_host_feat_row(block, step, row);
        block->news[row] = news != ECM_OK ? news : block->news[row];
    }
    block->summed = false;
}

/* Some windows of a piece without a gap, at most block_len. */
static void feat_block(feat_block_t *block, const ecm_host_feat_piece_t *piece,
                       uint32_t first, uint32_t rows) {
    const ecm_feat_plan_t *plan = block->engine->plan;
    uint32_t i, row;
    block->source = piece->x + first * piece->stride;
    block->source_stride = piece->stride;
    block->rows = rows;
    block->resident = false;
    block->centred = false;
    block->summed = false;
    block->first = plan->state_len > 0U && block->state[0] == 0.0f;
    block->speed_hz = piece->speed_hz + first;
    block->out = piece->out + (size_t)first * plan->features_len;
    memset(block->news, 0, sizeof block->news);
    for (i = 0; i < plan->steps_len; i++) {
        feat_step(block, &plan->steps[i]);
        block->out += plan->steps[i].rows_len;
    }
    if (plan->state_len > 0U) {
        block->state[0] = 1.0f;
    }
    for (row = 0; row < rows; row++) {
        piece->done[first + row] = block->news[row] == ECM_OK ? 1U : 0U;
    }
}

/* One window after the other, by the device library alone. */
static void feat_piece_single(const ecm_host_feat_t *engine,
                              const ecm_host_feat_piece_t *piece) {
    const ecm_feat_plan_t *plan = engine->plan;
    float *x = piece->work, *work = x + feat_x_stride(engine);
    uint32_t i;
    for (i = 0; i < piece->windows; i++) {
        if (piece->done[i] == 0U) {
            (void)ecm_feat_reset_f32(piece->state, plan);
            continue;
        }
        memcpy(x, piece->x + i * piece->stride, plan->window_len * sizeof *x);
        piece->done[i] =
            ecm_feat_extract_f32(piece->state, plan, piece->speed_hz[i], x, work,
                                 piece->out + (size_t)i * plan->features_len) == ECM_OK;
    }
}

static void feat_piece(const ecm_host_feat_t *engine,
                       const ecm_host_feat_piece_t *piece) {
    feat_block_t block;
    uint32_t i = 0, rows;
    block.engine = engine;
    block.lines.known = false;
    block.state = piece->state;
    block.x_stride = feat_x_stride(engine);
    block.work_stride = feat_work_stride(engine);
    block.x = piece->work;
    block.work = block.x + engine->block_len * block.x_stride;
    block.extra = block.work + engine->block_len * block.work_stride;
    while (i < piece->windows) {
        if (piece->done[i] == 0U) {
            (void)ecm_feat_reset_f32(piece->state, engine->plan);
            i++;
            continue;
        }
        rows = 1;
        while (rows < engine->block_len && i + rows < piece->windows &&
               piece->done[i + rows] != 0U) {
            rows++;
        }
        feat_block(&block, piece, i, rows);
        i += rows;
    }
}

/* ---- pieces -----------------------------------------------------------------------
 */

static ecm_status_t feat_judge(const ecm_feat_plan_t *plan,
                               const ecm_host_feat_piece_t *piece) {
    uint32_t i;
    ECM_REQUIRE(piece->x != NULL && piece->speed_hz != NULL && piece->done != NULL,
                ECM_ERR_NULL);
    ECM_REQUIRE(piece->work != NULL && piece->out != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(piece->state != NULL || plan->state_len == 0U, ECM_ERR_NULL);
    for (i = 0; i < piece->windows; i++) {
        ECM_REQUIRE(piece->done[i] == 0U ||
                        ecm_feat_takes_speed(plan, piece->speed_hz[i]),
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

ecm_status_t ecm_host_feat_extract_f32(const ecm_host_feat_t *engine,
                                       const ecm_host_feat_piece_t *piece) {
    ecm_status_t status;
    ECM_REQUIRE(engine != NULL && piece != NULL, ECM_ERR_NULL);
    if (piece->windows == 0U) {
        return ECM_OK;
    }
    status = feat_judge(engine->plan, piece);
    ECM_REQUIRE(status == ECM_OK, status);
    if (engine->kernels == NULL) {
        feat_piece_single(engine, piece);
    } else {
        feat_piece(engine, piece);
    }
    return ECM_OK;
}
