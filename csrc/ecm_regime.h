/* ecm_regime.h - which operating regime a machine is in: one detector for each.
 *
 * Most of what looks like drift is a machine that was told to do something else. A
 * regime is a cell of bins of up to two channels, such as speed and load, or the
 * nearest centre of a k-means model of several. While it changes, detectors of all
 * regimes rest.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_REGIME_H
#define ECM_REGIME_H

#include "ecm_kmeans.h"

ECM_EXTERN_C_BEGIN

#define ECM_REGIME_NONE 0xffffffffU /* no regime: changing, or unlike all */

typedef struct {
    const float *edges[2];     /* of channel 0 and 1, rising; NULL without any */
    uint16_t edges_len[2];     /* 0: the channel is not looked at */
    const ecm_kmeans_t *model; /* instead of edges, or NULL */
    float far;                 /* beyond this distance from all centres: none */
    uint32_t dwell;            /* values in a row that make a regime, >= 1 */
} ecm_regime_cfg_t;

typedef struct {
    uint32_t regime;    /* 0 ... count - 1, or ECM_REGIME_NONE */
    uint32_t candidate; /* where the last value was */
    uint32_t run;       /* values there in a row, at most 2^32 - 1 */
} ecm_regime_t;
ECM_STATIC_ASSERT(sizeof(ecm_regime_t) == 12, regime_size);

/** Start.
 *
 * st      [out] no regime
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_regime_init(ecm_regime_t *st);

/** How many regimes settings tell apart.
 *
 * cfg     [in] settings
 *
 * Formula : (edges_len[0] + 1) (edges_len[1] + 1), or the number of centres.
 * Context : any.
 * Returns : the number; 0 if cfg is NULL.
 */
uint32_t ecm_regime_count(const ecm_regime_cfg_t *cfg);

/** Take one value of each channel.
 *
 * st      [in,out] from ecm_regime_init
 * cfg     [in]     the same at every call
 * x       [in]     two channels, or as many as the model has; finite
 * regime  [out]    index of the detector to use, or ECM_REGIME_NONE
 *
 * Formula : bin 0 * (edges_len[1] + 1) + bin 1, where a bin is the number of edges
 *           below the value.
 * Cost    : O(log edges), or a distance to each centre.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG.
 */
ecm_status_t ecm_regime_update_f32(ecm_regime_t *st, const ecm_regime_cfg_t *cfg,
                                   const float *x, uint32_t *regime);

ECM_EXTERN_C_END

#endif
