/* ecm_app_shadow.c - see ecm_app_shadow.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_app_shadow.h"

#define SHADOW_QUIET_NAN_BITS 0x7fc00000U
#define SHADOW_INFINITY_BITS 0x7f800000U
/* Behind the outputs: windows, windows that agree, differences. */
#define SHADOW_COUNTS 2U
#define SHADOW_WINDOWS_MAX 65535.0f

/* ---- settings ----------------------------------------------------------------------
 */

static ecm_status_t shadow_check_one(const ecm_app_shadow_t *shadow,
                                     const ecm_app_model_t *champion) {
    const ecm_app_model_t *model = &shadow->model;
    uint32_t i;
    ECM_REQUIRE(model->run != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(model->kind == champion->kind, ECM_ERR_ARG);
    if (model->kind != ECM_APP_MODEL_CLASS || shadow->classes == NULL) {
        ECM_REQUIRE(model->outputs_len == champion->outputs_len, ECM_ERR_ARG);
        return ECM_OK;
    }
    ECM_REQUIRE(model->outputs_len >= 1U && model->outputs_len <= ECM_APP_NO_CLASS,
                ECM_ERR_ARG);
    for (i = 0; i < model->outputs_len; i++) {
        ECM_REQUIRE(shadow->classes[i] < champion->outputs_len ||
                        shadow->classes[i] == ECM_APP_NO_CLASS,
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

static ecm_status_t app_shadow_check(const ecm_app_shadow_cfg_t *cfg,
                                     const ecm_app_model_t *models,
                                     uint32_t models_len) {
    uint32_t i, classifiers = 0, outputs = 0, differences = 0;
    ECM_REQUIRE(cfg->shadows != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(cfg->shadows_len >= 1U, ECM_ERR_ARG);
    for (i = 0; i < cfg->shadows_len; i++) {
        const ecm_app_shadow_t *shadow = &cfg->shadows[i];
        ecm_status_t status;
        ECM_REQUIRE(shadow->champion < models_len, ECM_ERR_ARG);
        status = shadow_check_one(shadow, &models[shadow->champion]);
        ECM_REQUIRE(status == ECM_OK, status);
        outputs += shadow->model.outputs_len;
        if (shadow->model.kind == ECM_APP_MODEL_CLASS) {
            classifiers++;
        } else {
            differences += shadow->model.outputs_len;
        }
    }
    ECM_REQUIRE(classifiers <= 1U && differences <= (uint32_t)ECM_APP_DIFFERENCES_MAX,
                ECM_ERR_ARG);
    ECM_REQUIRE(cfg->len == ECM_APP_SHADOW_LEN(outputs, differences), ECM_ERR_ARG);
    return ECM_OK;
}

/* Outputs of the challengers before `end`. */
static uint32_t shadow_outputs(const ecm_app_shadow_cfg_t *cfg, uint32_t end) {
    uint32_t i, sum = 0;
    for (i = 0; i < end; i++) {
        sum += cfg->shadows[i].model.outputs_len;
    }
    return sum;
}

/* ---- a window ----------------------------------------------------------------------
 */

/* One that refuses has outputs that are no numbers. */
static void app_shadow_run(const ecm_app_shadow_cfg_t *cfg, uint32_t index,
                           const float *features, float *mem, void *work) {
    const ecm_app_model_t *model = &cfg->shadows[index].model;
    float *outputs = mem + shadow_outputs(cfg, index);
    uint32_t i, nan_bits = SHADOW_QUIET_NAN_BITS;
    if (model->run(features, outputs, work) < ECM_OK) {
        for (i = 0; i < model->outputs_len; i++) {
            memcpy(&outputs[i], &nan_bits, sizeof nan_bits);
        }
    }
}

/* The most probable class, the first of equals, as the champion numbers it. */
static void shadow_class(const ecm_app_shadow_t *shadow, const float *outputs,
                         ecm_app_shadow_class_t *found) {
    uint32_t i, most = 0;
    for (i = 0; i < shadow->model.outputs_len; i++) {
        if (outputs[i] != outputs[i]) {
            return;
        }
        most = outputs[i] > outputs[most] ? i : most;
    }
    found->class_id = shadow->classes == NULL ? most : shadow->classes[most];
    found->probability = outputs[most];
}

/* |x - y|, infinite where x is no number. */
static float shadow_difference(float x, float y) {
    float infinite, d = x > y ? x - y : y - x;
    uint32_t infinity_bits = SHADOW_INFINITY_BITS;
    memcpy(&infinite, &infinity_bits, sizeof infinite);
    return d >= 0.0f ? d : infinite;
}

static void app_shadow_compare(const ecm_app_shadow_cfg_t *cfg,
                               const ecm_app_model_t *models, const float *outputs,
                               uint32_t class_id, float *mem,
                               ecm_app_shadow_class_t *found) {
    const float *rival = mem;
    float *counts = mem + shadow_outputs(cfg, cfg->shadows_len);
    float *sum = counts + SHADOW_COUNTS;
    bool counted = counts[0] < SHADOW_WINDOWS_MAX;
    uint32_t i, c;
    for (i = 0; i < cfg->shadows_len; i++) {
        const ecm_app_shadow_t *shadow = &cfg->shadows[i];
        const float *own = outputs;
        for (c = 0; c < shadow->champion; c++) {
            own += models[c].outputs_len;
        }
        if (shadow->model.kind == ECM_APP_MODEL_CLASS) {
            shadow_class(shadow, rival, found);
            if (counted && found->class_id == class_id) {
                counts[1] += 1.0f;
            }
        } else {
            for (c = 0; c < shadow->model.outputs_len && counted; c++) {
                *sum++ += shadow_difference(rival[c], own[c]);
            }
        }
        rival += shadow->model.outputs_len;
    }
    if (counted) {
        counts[0] += 1.0f;
    }
}

/* ---- frames ------------------------------------------------------------------------
 */

static void app_shadow_say(const ecm_app_shadow_cfg_t *cfg, const float *mem,
                           uint8_t *item, ecm_frame_t *frame) {
    float differences[ECM_APP_DIFFERENCES_MAX];
    const float *counts = mem + shadow_outputs(cfg, cfg->shadows_len);
    ecm_frame_shadow_t said;
    uint32_t i;
    if (counts[0] == 0.0f) {
        return;
    }
    said.windows = (uint16_t)counts[0];
    said.agreed = (uint16_t)counts[1];
    said.classes = 0;
    for (i = 0; i < cfg->shadows_len; i++) {
        if (cfg->shadows[i].model.kind == ECM_APP_MODEL_CLASS) {
            said.classes = 1;
        }
    }
    said.differences = differences;
    said.differences_len =
        (uint16_t)(cfg->len - SHADOW_COUNTS - (uint32_t)(counts - mem));
    for (i = 0; i < said.differences_len; i++) {
        differences[i] = counts[SHADOW_COUNTS + i] / counts[0];
    }
    if (ecm_frame_encode_shadow(&said, item, &frame->shadow_bytes,
                                &frame->shadow_least) == ECM_OK) {
        frame->shadow = item;
    }
}

static void app_shadow_clear(const ecm_app_shadow_cfg_t *cfg, float *mem) {
    uint32_t i;
    for (i = shadow_outputs(cfg, cfg->shadows_len); i < cfg->len; i++) {
        mem[i] = 0.0f;
    }
}

const ecm_app_shadow_calls_t ecm_app_shadow_calls = {app_shadow_check, app_shadow_run,
                                                     app_shadow_compare, app_shadow_say,
                                                     app_shadow_clear};
