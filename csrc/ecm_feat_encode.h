/* ecm_feat_encode.h - the step "encode": many features to few by a trained encoder, by
 * ecm_nn_dense.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_FEAT_ENCODE_H
#define ECM_FEAT_ENCODE_H

#include "ecm_feat.h"
#include "ecm_nn_dense.h"

ECM_EXTERN_C_BEGIN

/* "encode": rows latent, n = 0, 1, ... in order: all outputs of the last layer. The
 * first layer takes the first features, as the steps before leave them; what lies
 * beyond its int8 range saturates. */
extern const ecm_feat_kind_t ecm_feat_kind_encode;
typedef struct {
    const ecm_nn_dense_s8_t *layers; /* each takes what the one before gives */
    uint32_t layers_len;
    float input_scale; /* features are quantised by it and input_zero */
    float output_scale;
    int32_t input_zero; /* -128 ... 127 */
} ecm_feat_encode_cfg_t;

ECM_EXTERN_C_END

#endif
