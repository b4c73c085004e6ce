/* ecm_feat_encode.c - see ecm_feat_encode.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_encode.h"

#include "ecm_math.h"
#include "ecm_quant.h"

#define FEAT_SHIFT_MAX 62U
#define FEAT_BIAS_MAX 0x3fffffff /* no accumulator of a layer overflows then */

static bool feat_is_s8(int32_t value) {
    return value >= -128 && value <= 127;
}

static ecm_status_t feat_layer_check(const ecm_nn_dense_s8_t *layer) {
    uint32_t i;
    ECM_REQUIRE(layer->weights != NULL && layer->bias != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->multiplier != NULL && layer->shift != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(layer->inputs_len >= 1U && layer->inputs_len <= 32768U &&
                    layer->outputs_len >= 1U,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(layer->blocks == NULL && feat_is_s8(layer->output_zero), ECM_ERR_ARG);
    ECM_REQUIRE(feat_is_s8(layer->output_min) && feat_is_s8(layer->output_max) &&
                    layer->output_min <= layer->output_max,
                ECM_ERR_ARG);
    for (i = 0; i < layer->outputs_len; i++) {
        ECM_REQUIRE(layer->multiplier[i] >= 0 && layer->shift[i] >= 1U &&
                        layer->shift[i] <= FEAT_SHIFT_MAX,
                    ECM_ERR_ARG);
        ECM_REQUIRE(layer->bias[i] >= -FEAT_BIAS_MAX && layer->bias[i] <= FEAT_BIAS_MAX,
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

/* Elements of the widest vector between layers. */
static uint32_t feat_width(const ecm_feat_encode_cfg_t *cfg) {
    uint32_t i, width = cfg->layers[0].inputs_len;
    for (i = 0; i < cfg->layers_len; i++) {
        width = cfg->layers[i].outputs_len > width ? cfg->layers[i].outputs_len : width;
    }
    return width;
}

static ecm_status_t feat_encode_check(const ecm_feat_plan_t *plan,
                                      const ecm_feat_step_t *step,
                                      ecm_feat_need_t *need) {
    const ecm_feat_encode_cfg_t *cfg = (const ecm_feat_encode_cfg_t *)step->cfg;
    uint32_t i;
    ECM_REQUIRE(cfg != NULL && cfg->layers != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->layers_len >= 1U, ECM_ERR_LENGTH);
    for (i = 0; i < cfg->layers_len; i++) {
        ecm_status_t status = feat_layer_check(&cfg->layers[i]);
        ECM_REQUIRE(status == ECM_OK, status);
        ECM_REQUIRE(i == 0U ||
                        cfg->layers[i].inputs_len == cfg->layers[i - 1U].outputs_len,
                    ECM_ERR_LENGTH);
    }
    ECM_REQUIRE(cfg->layers[0].inputs_len <= ecm_feat_rows_before(plan, step),
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->layers[cfg->layers_len - 1U].outputs_len == step->rows_len,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(cfg->input_scale > 0.0f && ecm_math_isfinite_f32(cfg->input_scale) &&
                    cfg->output_scale > 0.0f &&
                    ecm_math_isfinite_f32(cfg->output_scale) &&
                    feat_is_s8(cfg->input_zero),
                ECM_ERR_ARG);
    for (i = 0; i < step->rows_len; i++) {
        ECM_REQUIRE(step->rows[i].id == ECM_FEAT_LATENT && step->rows[i].n == i,
                    ECM_ERR_ARG);
    }
    /* two vectors of int8 in turns, in floats */
    need->work_len = (feat_width(cfg) + 1U) / 2U;
    return ECM_OK;
}

static ecm_status_t feat_encode_run(const ecm_feat_step_t *step,
                                    const ecm_feat_frame_t *frame, float *out) {
    const ecm_feat_encode_cfg_t *cfg = (const ecm_feat_encode_cfg_t *)step->cfg;
    const ecm_nn_dense_s8_t *last = &cfg->layers[cfg->layers_len - 1U];
    int8_t *x = (int8_t *)frame->work, *y = x + feat_width(cfg), *turn;
    uint32_t i;
    (void)ecm_quant_quantize_f32_s8(out - ecm_feat_rows_before(frame->plan, step),
                                    cfg->layers[0].inputs_len, cfg->input_scale,
                                    cfg->input_zero, x);
    for (i = 0; i < cfg->layers_len; i++) {
        (void)ecm_nn_dense_s8(&cfg->layers[i], x, y);
        turn = x;
        x = y;
        y = turn;
    }
    return ecm_quant_dequantize_s8_f32(x, step->rows_len, cfg->output_scale,
                                       last->output_zero, out);
}

const ecm_feat_kind_t ecm_feat_kind_encode = {feat_encode_check, feat_encode_run};
