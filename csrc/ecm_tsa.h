/* ecm_tsa.h - time-synchronous average: what repeats with every turn of a shaft, and
 * what is left without it.
 *
 * Samples come at equal steps of angle (ecm_order.h), per_turn of them a turn. Memory
 * is one turn, however many are averaged. The noise in the average falls as the square
 * root of their number.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_TSA_H
#define ECM_TSA_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

typedef struct {
    uint32_t per_turn; /* samples in a turn, 1 or more */
    float weight;      /* least weight of the newest turn, 0 ... 1; 0: all alike */
} ecm_tsa_cfg_t;

typedef struct {
    uint32_t at;    /* place of the next sample in the turn */
    uint32_t turns; /* begun so far, at most 2^32 - 1 */
    float share;    /* weight of the turn that is coming in */
} ecm_tsa_t;
ECM_STATIC_ASSERT(sizeof(ecm_tsa_t) == 12, tsa_size);

/** Start over.
 *
 * st      [out] state
 * cfg     [in]  settings, the same at every call
 * mean    [out] per_turn values: 0
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_tsa_init(ecm_tsa_t *st, const ecm_tsa_cfg_t *cfg, float *mean);

/** Take samples.
 *
 * st      [in,out] from ecm_tsa_init
 * cfg     [in]     settings
 * mean    [in,out] per_turn values: the average
 * x       [in]     x_len samples, finite
 * x_len   [in]     any chunk size
 *
 * Formula : mean[k] += (x - mean[k]) share; share = max(weight, 1 / turn) with turn
 *           counted from 1: the first turns weigh alike, so that the start has no bias.
 * Numerics: any split of a signal into chunks gives the same bits.
 * Context : any, one caller per st.
 * Source  : S. Braun, Mech. Syst. Signal Process. 25 (2011), 1116-1141.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_tsa_update_f32(ecm_tsa_t *st, const ecm_tsa_cfg_t *cfg, float *mean,
                                const float *x, uint32_t x_len);

/** What is left of samples without the average.
 *
 * cfg     [in]  settings
 * mean    [in]  per_turn values
 * at      [in]  place of x[0] in the turn, 0 ... per_turn - 1
 * x       [in]  x_len samples
 * x_len   [in]  any
 * out     [out] x_len samples: x less the average of its place
 *
 * Aliasing: out may be x.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_tsa_residual_f32(const ecm_tsa_cfg_t *cfg, const float *mean,
                                  uint32_t at, const float *x, uint32_t x_len,
                                  float *out);

ECM_EXTERN_C_END

#endif
