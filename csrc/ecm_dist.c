/* ecm_dist.c - see ecm_dist.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_dist.h"

ecm_status_t ecm_dist_init(ecm_dist_t *st) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    memset(st, 0, sizeof *st);
    return ECM_OK;
}

ecm_status_t ecm_dist_update_f32(ecm_dist_t *st, const float *edges, float x) {
    uint32_t b, bin;
    ECM_REQUIRE(st != NULL && edges != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x == x, ECM_ERR_ARG);
    for (b = 0; b < ECM_DIST_BINS; b++) {
        ECM_REQUIRE(st->count[b] < ECM_DIST_COUNT_MAX, ECM_ERR_FULL);
    }
    /* Halving: of seven edges the middle one, then the middle of the half. */
    bin = x > edges[3] ? 4U : 0U;
    bin += x > edges[bin + 1U] ? 2U : 0U;
    bin += x > edges[bin] ? 1U : 0U;
    st->count[bin]++;
    return ECM_OK;
}

ecm_status_t ecm_dist_ks_f32(const ecm_dist_t *st, const float *reference, float *ks,
                             uint32_t *n) {
    uint32_t b, total = 0, below = 0;
    float expected = 0.0f, largest = 0.0f;
    ECM_REQUIRE(st != NULL && reference != NULL && ks != NULL && n != NULL,
                ECM_ERR_NULL);
    for (b = 0; b < ECM_DIST_BINS; b++) {
        total += st->count[b];
    }
    for (b = 0; b < ECM_DIST_EDGES && total > 0U; b++) {
        float distance;
        below += st->count[b];
        expected += reference[b];
        distance = (float)below / (float)total - expected;
        distance = distance < 0.0f ? -distance : distance;
        largest = distance > largest ? distance : largest;
    }
    *ks = largest;
    *n = total;
    return total > 0U ? ECM_OK : ECM_MORE;
}
