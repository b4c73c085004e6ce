/* ecm_sketch.h - a stream in bounded memory: log histogram, one quantile, top classes.
 *
 * The log histogram promises each quantile within a relative error, whatever the order
 * and the distribution; it merges exactly and counts in integers. P2 follows one
 * quantile in 40 bytes, without a promise. Space-saving finds the classes that are
 * more frequent than 1 in k. Moments are in ecm_moments.h, sampled sketches in
 * ecm_sample.h, counters between known edges in ecm_dist.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_SKETCH_H
#define ECM_SKETCH_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

/* ---- log histogram
 * ------------------------------------------------------------------- Bins divide each
 * octave in 2^divisions equal parts, so that the bin of a float is some of its leading
 * bits. A quantile is within 1 / (2^(divisions + 1) + 1) of its value: 5: 1.6 %, 4: 3.1
 * %, 3: 5.9 %. The bins span bins / 2^divisions octaves from 2^exponent; below, values
 * count as 0. */

#define ECM_SKETCH_DIVISIONS_MAX 8
#define ECM_SKETCH_BINS_MAX 4096

typedef struct {
    uint16_t bins;      /* of positive values, 1 ... ECM_SKETCH_BINS_MAX */
    uint16_t divisions; /* of an octave, as a power of two, 0 ... 8 */
    int16_t exponent;   /* values below 2^exponent in size count as 0; -126 ... 127 */
    uint16_t negative;  /* 1: as many bins of negative values follow; 0: refused */
} ecm_sketch_log_cfg_t;

/* State beside the counters, which are ECM_SKETCH_LOG_LEN of uint32_t. */
typedef struct {
    uint32_t n;
    uint32_t zeros;  /* values that count as 0 */
    uint32_t beyond; /* values too large for the bins; they are in the last one */
    float minimum;   /* 0 before the first value */
    float maximum;
} ecm_sketch_log_t;
ECM_STATIC_ASSERT(sizeof(ecm_sketch_log_t) == 20, sketch_log_size);

#define ECM_SKETCH_LOG_LEN(bins, negative) ((negative) != 0 ? 2 * (bins) : (bins))

/** Start.
 *
 * st      [out] no values
 * cfg     [in]  the same values at every call
 * count   [out] counters, cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH on bins, ECM_ERR_ARG on divisions or
 *           exponent, or if the last bin would end beyond the largest float.
 */
ecm_status_t ecm_sketch_log_init(ecm_sketch_log_t *st, const ecm_sketch_log_cfg_t *cfg,
                                 uint32_t *count);

/** Take a value.
 *
 * st      [in,out] from ecm_sketch_log_init
 * cfg     [in]     settings
 * count   [in,out] counters
 * x       [in]     finite; negative only if the settings say so
 *
 * Cost    : O(1), integers only but for two comparisons.
 * Numerics: exact.
 * Context : any, one caller per st.
 * Source  : C. Masson, J. E. Rim, H. K. Lee, DDSketch, Proc. VLDB 12 (2019), 2195-2205,
 *           with the mapping that is linear within an octave.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_FULL beyond 2^32 - 1 values.
 */
ecm_status_t ecm_sketch_log_update_f32(ecm_sketch_log_t *st,
                                       const ecm_sketch_log_cfg_t *cfg, uint32_t *count,
                                       float x);

/** Add the values of another sketch.
 *
 * st          [in,out] from ecm_sketch_log_init
 * cfg         [in]     of both
 * count       [in,out] counters of st
 * other       [in]     unchanged
 * other_count [in]     unchanged
 *
 * Numerics: exact: the state that all values would have given, in any order.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL beyond 2^32 - 1 values.
 */
ecm_status_t ecm_sketch_log_merge(ecm_sketch_log_t *st, const ecm_sketch_log_cfg_t *cfg,
                                  uint32_t *count, const ecm_sketch_log_t *other,
                                  const uint32_t *other_count);

/** A quantile.
 *
 * st      [in]  from ecm_sketch_log_init
 * cfg     [in]  settings
 * count   [in]  counters
 * q       [in]  share, 0 ... 1
 * x       [out] the value of rank floor(q (n - 1)), within the relative error; 0 if it
 *               counts as 0, no more than the maximum if it is beyond the bins
 *
 * Cost    : O(bins).
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG; ECM_MORE and 0 before the first value.
 */
ecm_status_t ecm_sketch_log_quantile_f32(const ecm_sketch_log_t *st,
                                         const ecm_sketch_log_cfg_t *cfg,
                                         const uint32_t *count, float q, float *x);

/* ---- P2
 * ------------------------------------------------------------------------------
 */

typedef struct {
    float q; /* share of the quantile, 0 < q < 1 */
} ecm_sketch_p2_cfg_t;

/* Five markers: minimum, quantile at the half of q, at q, half way to 1, maximum. */
typedef struct {
    float height[5];   /* values; the first five in order until there are five */
    uint32_t place[5]; /* ranks from 1; the last is the number of values */
} ecm_sketch_p2_t;
ECM_STATIC_ASSERT(sizeof(ecm_sketch_p2_t) == 40, sketch_p2_size);

/** Start.
 *
 * st      [out] no values
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL.
 */
ecm_status_t ecm_sketch_p2_init(ecm_sketch_p2_t *st);

/** Take a value.
 *
 * st      [in,out] from ecm_sketch_p2_init
 * cfg     [in]     the same values at every call
 * x       [in]     finite
 *
 * Cost    : O(1), at most nine divisions.
 * Numerics: single precision, in the order written in the source. The estimate follows
 *           a stream whose order is random; a trend may mislead it without bound.
 * Context : any, one caller per st.
 * Source  : R. Jain, I. Chlamtac, Comm. ACM 28 (1985), 1076-1085.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG, ECM_ERR_FULL beyond 2^32 - 1 values.
 */
ecm_status_t ecm_sketch_p2_update_f32(ecm_sketch_p2_t *st,
                                      const ecm_sketch_p2_cfg_t *cfg, float x);

/** The quantile.
 *
 * st      [in] from ecm_sketch_p2_init
 * cfg     [in] settings
 * x       [out] marker at q; with fewer than five values the one of rank
 *               floor(q (n - 1) + 1/2)
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG; ECM_MORE and 0 before the first value.
 */
ecm_status_t ecm_sketch_p2_quantile_f32(const ecm_sketch_p2_t *st,
                                        const ecm_sketch_p2_cfg_t *cfg, float *x);

/* ---- top classes
 * ---------------------------------------------------------------------
 */

#define ECM_SKETCH_TOP_MAX 256

/* A class that may be frequent: it came count - error ... count times. A count of 0
 * marks a place that is free. */
typedef struct {
    uint32_t id;
    uint32_t count;
    uint32_t error;
} ecm_sketch_top_entry_t;
ECM_STATIC_ASSERT(sizeof(ecm_sketch_top_entry_t) == 12, sketch_top_entry_size);

/** Start.
 *
 * top     [out] k entries, free
 * k       [in]  1 ... ECM_SKETCH_TOP_MAX
 *
 * Context : any, one caller per top.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH.
 */
ecm_status_t ecm_sketch_top_init(ecm_sketch_top_entry_t *top, uint32_t k);

/** Count a class.
 *
 * After n of them, whatever came more than n / k times is among the entries, and no
 * error exceeds n / k.
 *
 * top     [in,out] from ecm_sketch_top_init
 * k       [in]     the same at every call
 * id      [in]     any
 *
 * Cost    : O(k).
 * Numerics: exact.
 * Context : any, one caller per top.
 * Source  : A. Metwally, D. Agrawal, A. El Abbadi, ICDT (2005), 398-412.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH, ECM_ERR_FULL if the count would pass
 *           2^32 - 1.
 */
ecm_status_t ecm_sketch_top_update(ecm_sketch_top_entry_t *top, uint32_t k,
                                   uint32_t id);

/** Add the classes of another sketch.
 *
 * top     [in,out] from ecm_sketch_top_init
 * k       [in]     of both
 * other   [in]     unchanged
 *
 * Cost    : O(k^2).
 * Numerics: the promises of update hold for the sum; with at most k classes in all the
 *           counts are exact.
 * Context : any, one caller per top.
 * Source  : P. K. Agarwal and others, Mergeable summaries, ACM TODS 38 (2013), 26.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH, ECM_ERR_FULL if a count could pass
 *           2^32 - 1.
 */
ecm_status_t ecm_sketch_top_merge(ecm_sketch_top_entry_t *top, uint32_t k,
                                  const ecm_sketch_top_entry_t *other);

ECM_EXTERN_C_END

#endif
