/* ecm_host_feat.h - feature plans over many windows: the bits of ecm_feat.h, sooner.
 *
 * Windows of a signal go through a plan in blocks, step by step: a step that has a form
 * for many windows takes the whole block, any other the device's own routine for one
 * window after the other. Features do not depend on the instruction set, nor on the
 * pieces that a signal is given in.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_FEAT_H
#define ECM_HOST_FEAT_H

#include "ecm_feat.h"
#include "ecm_host_fft.h"
#include "ecm_host_kernels.h"

ECM_EXTERN_C_BEGIN

/* A plan, ready for many windows. */
typedef struct {
    const ecm_feat_plan_t *plan;
    const ecm_host_kernels_t *kernels; /* NULL: the device library alone */
    int32_t isa;
    uint32_t block_len;            /* windows together */
    uint32_t row_len;              /* floats of a window's own work memory */
    uint32_t extra_len;            /* floats of a block's further memory */
    ecm_host_fft_plan_t transform; /* of windows */
    ecm_host_fft_plan_t inverse;   /* of the band of an envelope */
    ecm_host_fft_plan_t history;   /* of envelopes */
} ecm_host_feat_t;

/* Windows of one signal, all or some of them in a row. */
typedef struct {
    const float *x;        /* window i starts at x + i stride */
    size_t stride;         /* hop_len, or any where the plan keeps no state */
    uint32_t windows;      /* 0 does nothing */
    const float *speed_hz; /* of each window */
    uint8_t *done; /* in: 1 for a window to take, 0 for a gap; out: 1 for features */
    float *state; /* state_len floats from ecm_feat_reset_f32; NULL if there are none */
    float *work;  /* ecm_host_feat_work_len floats, for no other piece at that time */
    float *out;   /* windows rows of features_len; those of windows that are done */
} ecm_host_feat_piece_t;

/** Make a plan ready.
 *
 * engine      [out] points to plan and memory
 * plan        [in]  passed ecm_feat_check; must outlive the engine
 * isa         [in]  ECM_HOST_ISA_* that ecm_host_isa allows
 * memory      [out] tables; must outlive the engine
 * memory_len  [in]  at least ecm_host_feat_len(plan)
 *
 * Context : any, one caller per engine; then any number of callers.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG (isa), ECM_ERR_FULL (memory_len).
 */
ecm_status_t ecm_host_feat_init(ecm_host_feat_t *engine, const ecm_feat_plan_t *plan,
                                int32_t isa, float *memory, uint32_t memory_len);

/** Floats of tables that an engine needs.
 *
 * plan    [in] passed ecm_feat_check
 *
 * Context : any.
 * Returns : enough for every instruction set; 0 for NULL.
 */
uint32_t ecm_host_feat_len(const ecm_feat_plan_t *plan);

/** Floats of work memory that a piece needs.
 *
 * engine  [in] from ecm_host_feat_init
 *
 * Context : any.
 * Returns : the number; 0 for NULL.
 */
uint32_t ecm_host_feat_work_len(const ecm_host_feat_t *engine);

/** Features of all windows of a piece.
 *
 * engine  [in]     from ecm_host_feat_init
 * piece   [in,out] its state, work, done and out are written
 *
 * Numerics: the bits of ecm_feat_extract_f32 for one window after the other, with
 *           ecm_feat_reset_f32 at each gap.
 * Context : any thread, one caller per piece.
 * Returns : ECM_OK, ECM_ERR_NULL; ECM_ERR_ARG, and nothing is written, if the plan does
 *           not take a speed.
 */
ecm_status_t ecm_host_feat_extract_f32(const ecm_host_feat_t *engine,
                                       const ecm_host_feat_piece_t *piece);

ECM_EXTERN_C_END

#endif
