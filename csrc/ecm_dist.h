/* ecm_dist.h - change of a distribution, from counters between reference quantiles.
 *
 * The reference is kept as edges and as the share of its values in each bin, constants
 * in flash; the stream is one counter of 16 bits a bin: 80 bytes for 32 bins. From the
 * same counters come five distances. Values are floats, integers, or classes.
 *
 * The counters cover one of three spans, each timed by window_len:
 *   FILL        values until window_len of them were taken, then no more: for counters
 *               that somebody fetches and clears, such as a telemetry frame;
 *   TUMBLING    one window of window_len values after another;
 *   FORGETTING  all values, with weights that halve each window_len values: every
 *               counter is halved then. The weights are worth 2.7 to 3 times window_len
 *               independent values, once there were that many.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DIST_H
#define ECM_DIST_H

#include "ecm_base.h"

ECM_EXTERN_C_BEGIN

#define ECM_DIST_BINS_MAX 64
#define ECM_DIST_WINDOW_MAX 65535U     /* what a counter holds */
#define ECM_DIST_FORGETTING_MAX 32767U /* window_len when counters are halved */

/* What the counters cover. */
enum { ECM_DIST_FILL = 0, ECM_DIST_TUMBLING = 1, ECM_DIST_FORGETTING = 2 };

/* News of an update: it was the last value of a window. The counters stay readable
 * until the next one. */
enum { ECM_DIST_COMPLETE = 2 };

typedef struct {
    const float *edges;       /* bins - 1, not falling, no NaN; NULL: see below */
    const int32_t *edges_s32; /* the same for integers; both NULL: classes */
    const float *reference;   /* bins shares of the reference, >= 0, sum 1 */
    uint32_t reference_n;     /* values of the reference, >= 1 */
    uint16_t bins;            /* numbers: 2, 4, 8, 16, 32 or 64; classes: 2 ... 64 */
    uint16_t form;            /* ECM_DIST_FILL, _TUMBLING or _FORGETTING */
    uint32_t window_len;      /* values, see above; >= 1 */
} ecm_dist_cfg_t;

/* State beside the counters, which are uint16_t count[bins]. */
typedef struct {
    uint32_t left;    /* values that the window still takes */
    uint32_t kept;    /* sum of the counters at its start */
    float squares;    /* sum of the squared weights at its start */
    uint16_t windows; /* how many have ended, modulo 2^16 */
    uint16_t reserved;
} ecm_dist_t;
ECM_STATIC_ASSERT(sizeof(ecm_dist_t) == 16, dist_size);

/* Distances of the counted values (c of n in a bin) from the reference (share r). */
typedef struct {
    float ks;             /* Kolmogorov-Smirnov, at the edges, 0 ... 1 */
    float chi2;           /* chi-squared of two samples */
    float wasserstein;    /* Wasserstein-1 [unit of the edges]; classes: in steps */
    float jensen_shannon; /* square root of the divergence in nats, 0 ... 0.833 */
    float psi;            /* population stability index, >= 0 */
    float n;              /* independent values that the counters are worth */
    uint32_t freedom;     /* degrees of freedom of chi2 */
} ecm_dist_distances_t;

/** Start.
 *
 * st      [out] cleared
 * cfg     [in]  the same values at every call
 * count   [out] bins counters, cleared
 *
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a form or window_len that is not
 *           allowed, or edges of both kinds; ECM_ERR_LENGTH on bins.
 */
ecm_status_t ecm_dist_init(ecm_dist_t *st, const ecm_dist_cfg_t *cfg, uint16_t *count);

/** Count one float.
 *
 * st      [in,out] from ecm_dist_init
 * cfg     [in]     with edges
 * count   [in,out] bins counters
 * x       [in]     value; bin b holds edges[b-1] < x <= edges[b]; NaN is refused
 *
 * Cost    : log2(bins) comparisons; once in window_len values, O(bins).
 * Numerics: exact.
 * Context : any, one caller per st.
 * Returns : ECM_OK or ECM_DIST_COMPLETE; ECM_ERR_NULL, ECM_ERR_ARG; ECM_ERR_FULL if a
 *           FILL is complete: the value is not counted.
 */
ecm_status_t ecm_dist_update_f32(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                 uint16_t *count, float x);

/** Count one integer.
 *
 * st      [in,out] from ecm_dist_init
 * cfg     [in]     with edges_s32
 * count   [in,out] bins counters
 * x       [in]     value; bin b holds edges_s32[b-1] < x <= edges_s32[b]
 *
 * Cost    : log2(bins) comparisons; once in window_len values, O(bins).
 * Context : any, one caller per st.
 * Returns : as ecm_dist_update_f32.
 */
ecm_status_t ecm_dist_update_s32(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                 uint16_t *count, int32_t x);

/** Count one class.
 *
 * st       [in,out] from ecm_dist_init
 * cfg      [in]     edges are not looked at
 * count    [in,out] bins counters
 * class_id [in]     0 ... bins - 1
 *
 * Context : any, one caller per st.
 * Returns : as ecm_dist_update_f32; ECM_ERR_ARG on a class_id that is too large.
 */
ecm_status_t ecm_dist_update_class(ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                   uint16_t *count, uint32_t class_id);

/** Add the counters of another state, of the same edges.
 *
 * st          [in,out] of FILL: as if all values had come here
 * cfg         [in]     of both
 * count       [in,out] bins counters
 * other       [in]     unchanged
 * other_count [in]     bins counters, unchanged
 *
 * Numerics: exact; any order of merging gives the same counters.
 * Context : any, one caller per st.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_FULL if a FILL has not that many values left,
 *           or a counter could overflow.
 */
ecm_status_t ecm_dist_merge(ecm_dist_t *st, const ecm_dist_cfg_t *cfg, uint16_t *count,
                            const ecm_dist_t *other, const uint16_t *other_count);

/** All five distances from the reference.
 *
 * st      [in]  from ecm_dist_init
 * cfg     [in]  with reference and reference_n = m
 * count   [in]  bins counters
 * out     [out] every field is written
 *
 * Formula : with p = c / (sum of c), F and G the running sums of p and r:
 *           ks  = max |F - G|, all bins but the last;
 *           chi2 = n m sum (p - r)^2 / (n p + m r) over the bins that are not empty in
 *           both, freedom one less than those: the reference is a sample too;
 *           wasserstein = the area between F and G, straight within a bin, from the
 *           first edge to the last: how far values lie beyond those is not known;
 *           classes: sum |F - G|;
 *           psi = sum (q - s) ln(q / s), jensen_shannon = sqrt(half of sum q ln(q / a)
 *           + s ln(s / a)), a = (q + s) / 2, where half a count was added to each bin
 *           of both: q = (n p + 1/2) / (n + bins/2), s = (m r + 1/2) / (m + bins/2);
 *           n = (sum of weights)^2 / (sum of their squares).
 * Cost    : O(bins), two logarithms a bin; no work memory.
 * Numerics: single precision, sums in the order of the bins.
 * Context : any.
 * Source  : A. N. Pettitt, M. A. Stephens, Technometrics 19 (1977), 205-210 (grouped
 *           KS); J. Lin, IEEE Trans. Inf. Theory 37 (1991), 145-151; L. Kish, Survey
 *           Sampling (1965), 11.7 (n of weights).
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a reference_n of 0; ECM_MORE and zeros
 *           while nothing was counted.
 */
ecm_status_t ecm_dist_distances_f32(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                                    const uint16_t *count, ecm_dist_distances_t *out);

/* One of the five, as ecm_dist_distances_f32 gives it; what names one links the others
 * no more than it needs them. `distance` is written with ECM_OK alone. */
typedef struct {
    ecm_status_t (*measure)(const ecm_dist_t *st, const ecm_dist_cfg_t *cfg,
                            const uint16_t *count, float *distance);
} ecm_dist_kind_t;
extern const ecm_dist_kind_t ecm_dist_kind_ks;
extern const ecm_dist_kind_t ecm_dist_kind_chi2;
extern const ecm_dist_kind_t ecm_dist_kind_wasserstein;
extern const ecm_dist_kind_t ecm_dist_kind_jensen_shannon;
extern const ecm_dist_kind_t ecm_dist_kind_psi;

ECM_EXTERN_C_END

#endif
