/* test_ecm_feat_project.c - steps that go on from the features of others: a linear map
 * and an encoder, behind the scaler.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_feat_project.h"
#include "ecm_feat_encode.h"
#include "ecm_feat_scale.h"
#include "ecm_feat_time.h"
#include "ecm_quant.h"
#include "ecm_test.h"

void test_ecm_feat_project(void);

enum { WINDOW = 64, BASE = 3, COMPONENTS = 2, LATENTS = 2 };

static const ecm_feat_row_t time_rows[BASE] = {
    {ECM_FEAT_MEAN, 0, 0, 0}, {ECM_FEAT_RMS, 0, 0, 0}, {ECM_FEAT_PEAK, 0, 0, 0}};
static const ecm_feat_row_t component_rows[COMPONENTS] = {
    {ECM_FEAT_COMPONENT, 0, 0, 0}, {ECM_FEAT_COMPONENT, 1, 0, 0}};
static const ecm_feat_row_t latent_rows[LATENTS] = {{ECM_FEAT_LATENT, 0, 0, 0},
                                                    {ECM_FEAT_LATENT, 1, 0, 0}};
static const float offset[BASE] = {0.0f, 0.5f, 1.0f};
static const float factor[BASE] = {8.0f, 4.0f, 2.0f};
static const ecm_feat_scale_cfg_t scale_cfg = {offset, factor};
static const float mean[BASE] = {0.25f, 0.0f, -0.5f};
static const float components[COMPONENTS * BASE] = {0.5f,   -0.25f, 1.0f,
                                                    0.125f, 2.0f,   -1.0f};
static const ecm_project_t map_cfg = {mean, components, BASE, COMPONENTS};
/* Packed: four rows of four, the fourth weight of each unused; then two rows. */
static const union {
    int8_t bytes[16];
    int32_t aligned;
} weights_0 = {{100, -50, 25, 0, -127, 64, 32, 0, 10, 20, 30, 0, -5, 60, -90, 0}};
static const union {
    int8_t bytes[8];
    int32_t aligned;
} weights_1 = {{127, -64, 32, 16, -8, 90, 50, -70}};
static const int32_t bias[4] = {100, -200, 50, 0};
static const int32_t multiplier[4] = {1288490189, 1717986918, 1073741824, 1610612736};
static const uint8_t shift[4] = {38, 39, 38, 37};
static const ecm_nn_dense_s8_t layers[2] = {
    {weights_0.bytes, NULL, bias, multiplier, shift, BASE, 4, -128, -128, 127, 0},
    {weights_1.bytes, NULL, bias, multiplier, shift, 4, LATENTS, 5, -128, 127, 0}};
static const ecm_feat_encode_cfg_t encode_cfg = {layers, 2, 0.03125f, 0.0625f, 3};

typedef struct {
    ecm_feat_step_t steps[4];
    ecm_feat_plan_t plan;
} block_t;

static void block_start(block_t *b) {
    memset(b, 0, sizeof *b);
    b->steps[0].kind = &ecm_feat_kind_time;
    b->steps[0].rows = time_rows;
    b->steps[0].rows_len = BASE;
    b->steps[1].kind = &ecm_feat_kind_scale;
    b->steps[1].cfg = &scale_cfg;
    b->steps[2].kind = &ecm_feat_kind_project;
    b->steps[2].rows = component_rows;
    b->steps[2].rows_len = COMPONENTS;
    b->steps[2].cfg = &map_cfg;
    b->steps[3].kind = &ecm_feat_kind_encode;
    b->steps[3].rows = latent_rows;
    b->steps[3].rows_len = LATENTS;
    b->steps[3].cfg = &encode_cfg;
    b->plan.fs_hz = 1000.0f;
    b->plan.window_len = WINDOW;
    b->plan.hop_len = WINDOW;
    b->plan.detrend = ECM_FEAT_DETREND_MEAN;
    b->plan.steps = b->steps;
    b->plan.steps_len = 4;
    b->plan.features_len = BASE + COMPONENTS + LATENTS;
    b->plan.work_len = 2; /* two vectors of four bytes */
}

/* Whole and in slices: what direct calls give. */
static void test_values(void) {
    block_t b;
    float *x = ecm_test_memory, work[2];
    float out[BASE + COMPONENTS + LATENTS], sliced[BASE + COMPONENTS + LATENTS];
    float expected[COMPONENTS], latent[LATENTS];
    int8_t q[BASE], hidden[4], last[LATENTS];
    uint32_t i, seed;
    block_start(&b);
    ECM_CHECK(ecm_feat_check(&b.plan) == ECM_OK);
    for (seed = 1; seed <= 4U; seed++) {
        ecm_test_noise_f32(seed, x, WINDOW);
        ECM_CHECK(ecm_feat_extract_f32(NULL, &b.plan, 0.0f, x, work, out) == ECM_OK);
        ecm_test_noise_f32(seed, x, WINDOW);
        for (i = 0; i < 4U; i++) {
            ECM_CHECK(ecm_feat_step_f32(NULL, &b.plan, i, 0.0f, x, work, sliced) ==
                      ECM_OK);
        }
        ECM_CHECK(ecm_project_f32(&map_cfg, out, expected) == ECM_OK);
        ECM_CHECK(ecm_quant_quantize_f32_s8(out, BASE, 0.03125f, 3, q) == ECM_OK);
        ECM_CHECK(ecm_nn_dense_s8(&layers[0], q, hidden) == ECM_OK);
        ECM_CHECK(ecm_nn_dense_s8(&layers[1], hidden, last) == ECM_OK);
        ECM_CHECK(ecm_quant_dequantize_s8_f32(last, LATENTS, 0.0625f, 5, latent) ==
                  ECM_OK);
        for (i = 0; i < COMPONENTS; i++) {
            ECM_CHECK(out[BASE + i] == expected[i]);
        }
        for (i = 0; i < LATENTS; i++) {
            ECM_CHECK(out[BASE + COMPONENTS + i] == latent[i]);
        }
        for (i = 0; i < b.plan.features_len; i++) {
            ECM_CHECK(sliced[i] == out[i]);
        }
        ecm_test_array_f32("feat_project", out, b.plan.features_len);
    }
}

static ecm_status_t try_map(uint16_t features_len, uint16_t components_len) {
    block_t b;
    ecm_project_t map = map_cfg;
    block_start(&b);
    map.features_len = features_len;
    map.components_len = components_len;
    b.steps[2].cfg = &map;
    return ecm_feat_check(&b.plan);
}

static void test_map_refusals(void) {
    static const ecm_feat_row_t twice[COMPONENTS] = {{ECM_FEAT_COMPONENT, 1, 0, 0},
                                                     {ECM_FEAT_COMPONENT, 1, 0, 0}};
    block_t b;
    ECM_CHECK(try_map(BASE, COMPONENTS) == ECM_OK);
    ECM_CHECK(try_map(BASE - 1, COMPONENTS) == ECM_OK); /* of the first two */
    ECM_CHECK(try_map(BASE + 1, COMPONENTS) == ECM_ERR_LENGTH);
    ECM_CHECK(try_map(0, COMPONENTS) == ECM_ERR_LENGTH);
    ECM_CHECK(try_map(BASE, COMPONENTS + 1) == ECM_ERR_LENGTH);
    block_start(&b);
    b.steps[2].rows = twice;
    ECM_CHECK(ecm_feat_check(&b.plan) == ECM_ERR_ARG);
    b.steps[2].rows = latent_rows;
    ECM_CHECK(ecm_feat_check(&b.plan) == ECM_ERR_ARG);
    b.steps[2].cfg = NULL;
    ECM_CHECK(ecm_feat_check(&b.plan) == ECM_ERR_NULL);
}

static ecm_status_t try_layers(const ecm_nn_dense_s8_t *first, float scale) {
    block_t b;
    ecm_nn_dense_s8_t both[2];
    ecm_feat_encode_cfg_t cfg = encode_cfg;
    block_start(&b);
    both[0] = *first;
    both[1] = layers[1];
    cfg.layers = both;
    cfg.input_scale = scale;
    b.steps[3].cfg = &cfg;
    return ecm_feat_check(&b.plan);
}

static void test_encoder_refusals(void) {
    static const uint8_t far_shift[4] = {38, 63, 38, 37};
    block_t b;
    ecm_nn_dense_s8_t layer = layers[0];
    ECM_CHECK(try_layers(&layer, 1.0f) == ECM_OK);
    ECM_CHECK(try_layers(&layer, 0.0f) == ECM_ERR_ARG);
    ECM_CHECK(try_layers(&layer, ecm_test_from_bits(0x7f800000U)) == ECM_ERR_ARG);
    layer.outputs_len = 3;
    ECM_CHECK(try_layers(&layer, 1.0f) == ECM_ERR_LENGTH);
    layer = layers[0];
    layer.inputs_len = BASE + COMPONENTS + 1;
    ECM_CHECK(try_layers(&layer, 1.0f) == ECM_ERR_LENGTH);
    layer = layers[0];
    layer.output_zero = 128;
    ECM_CHECK(try_layers(&layer, 1.0f) == ECM_ERR_ARG);
    layer = layers[0];
    layer.output_min = 100;
    layer.output_max = 99;
    ECM_CHECK(try_layers(&layer, 1.0f) == ECM_ERR_ARG);
    layer = layers[0];
    layer.shift = far_shift;
    ECM_CHECK(try_layers(&layer, 1.0f) == ECM_ERR_ARG);
    layer.shift = NULL;
    ECM_CHECK(try_layers(&layer, 1.0f) == ECM_ERR_NULL);
    block_start(&b);
    b.plan.work_len = 1;
    ECM_CHECK(ecm_feat_check(&b.plan) == ECM_ERR_FULL);
    b.steps[3].rows = component_rows;
    ECM_CHECK(ecm_feat_check(&b.plan) == ECM_ERR_ARG);
}

void test_ecm_feat_project(void) {
    test_values();
    test_map_refusals();
    test_encoder_refusals();
}
