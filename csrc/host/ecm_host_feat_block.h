/* ecm_host_feat_block.h - between the files of ecm_host_feat.c: a block of windows and
 * the steps that have a form for it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_FEAT_BLOCK_H
#define ECM_HOST_FEAT_BLOCK_H

#include "ecm_envelope.h"
#include "ecm_host_feat.h"

enum {
    FEAT_BLOCK_MAX = 32,
    FEAT_LINES_MAX = 512 /* of an envelope, and rows of it */
};

/* Where the lines that rows of an envelope add up are, at one speed. */
typedef struct {
    bool known; /* for this speed: */
    float speed_hz;
    uint32_t len;
    ecm_envelope_range_t background;
    ecm_envelope_range_t range[FEAT_LINES_MAX];
    uint32_t past[FEAT_LINES_MAX]; /* past the last line of each row */
} feat_lines_t;

/* Windows on their way through a plan. Their samples stay where they are until a step
 * needs a copy: then, or with the power of their bins, x is resident. */
typedef struct {
    const ecm_host_feat_t *engine;
    const float *source;
    size_t source_stride;
    uint32_t rows; /* windows */
    bool resident;
    bool centred;                 /* mean is to be taken off the source */
    bool summed;                  /* total and moment are those of the power in x */
    bool first;                   /* no window was before the first one, or a gap */
    float mean[FEAT_BLOCK_MAX];   /* of each window */
    float total[FEAT_BLOCK_MAX];  /* sum of all bins */
    float moment[FEAT_BLOCK_MAX]; /* sum of k times bin k */
    float *x;                     /* a row a window, x_stride apart */
    size_t x_stride;
    float *work; /* likewise */
    size_t work_stride;
    float *extra; /* of the block */
    float *state; /* of the plan */
    const float *speed_hz;
    float *out;                        /* first feature of the step */
    ecm_status_t news[FEAT_BLOCK_MAX]; /* of each window */
    feat_lines_t lines;
} feat_block_t;

/* Let a step do a whole block. */
typedef void feat_block_fn_t(feat_block_t *block, const ecm_feat_step_t *step);

/** The form of a step for blocks.
 *
 * plan    [in] of the step
 * step    [in] any of it
 *
 * Returns : the routine; NULL if there is none.
 */
feat_block_fn_t *ecm_host_feat_block_fn(const ecm_feat_plan_t *plan,
                                        const ecm_feat_step_t *step);

/** The device's routine for one window of a block.
 *
 * block   [in,out] its x is resident, or the step does not read it
 * step    [in]     of its plan
 * row     [in]     window
 *
 * Returns : what the routine says.
 */
ecm_status_t ecm_host_feat_row(feat_block_t *block, const ecm_feat_step_t *step,
                               uint32_t row);

/** The step "envelope" for a block; its memory is `extra`.
 *
 * block   [in,out] bins in work
 * step    [in]     of its plan
 *
 * Returns : nothing.
 */
void ecm_host_feat_envelope(feat_block_t *block, const ecm_feat_step_t *step);

/** Has the step "envelope" a form for blocks?
 *
 * step    [in] of kind envelope
 *
 * Returns : false if it has more lines than there is room for.
 */
bool ecm_host_feat_envelope_takes(const ecm_feat_step_t *step);

/** Floats of `extra` that an envelope needs.
 *
 * step       [in] of kind envelope
 * block_len  [in] windows of a block
 *
 * Returns : the number.
 */
uint32_t ecm_host_feat_envelope_len(const ecm_feat_step_t *step, uint32_t block_len);

#endif
