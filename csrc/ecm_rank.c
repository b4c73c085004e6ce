/* ecm_rank.c - see ecm_rank.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_rank.h"
#include "ecm_math.h"

#define RANK_ONE ((uint32_t)1 << 31) /* of a share in Q31 */

/* ---- selection --------------------------------------------------------------------
 */

/* Keys rise with the floats that they stand for: the magnitude bits of a negative one
 * turn over. Integers compare faster than floats, and NaN has a place among them. */
static int32_t rank_key(float x) {
    uint32_t bits;
    int32_t key;
    memcpy(&bits, &x, sizeof bits);
    bits ^= (0U - (bits >> 31)) >> 1;
    memcpy(&key, &bits, sizeof key);
    return key;
}

static float rank_from_key(int32_t key) {
    uint32_t bits;
    float x;
    memcpy(&bits, &key, sizeof bits);
    bits ^= (0U - (bits >> 31)) >> 1;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* How many of v are at most limit. */
static uint32_t rank_count(const int32_t *v, uint32_t v_len, int32_t limit) {
    uint32_t i, n = 0;
    for (i = 0; i < v_len; i++) {
        n += v[i] <= limit ? 1U : 0U;
    }
    return n;
}

/* The value of rank k by halving the range of values: 32 passes whatever the data. */
static int32_t rank_halve(const int32_t *v, uint32_t v_len, uint32_t k) {
    int64_t lo = INT32_MIN, hi = INT32_MAX;
    while (lo < hi) {
        int64_t middle = lo + (hi - lo) / 2;
        if (rank_count(v, v_len, (int32_t)middle) > k) {
            hi = middle;
        } else {
            lo = middle + 1;
        }
    }
    return (int32_t)lo;
}

static int32_t rank_middle(int32_t a, int32_t b, int32_t c) {
    int32_t lo = a < b ? a : b, hi = a < b ? b : a;
    return c < lo ? lo : (c > hi ? hi : c);
}

/* The value of rank k, 0 ... v_len - 1; the order of v changes. Partitions about the
 * middle of three; data that defeat that are left to halving. */
static int32_t rank_select(int32_t *v, uint32_t v_len, uint32_t k) {
    int32_t lo = 0, hi = (int32_t)v_len - 1, at = (int32_t)k, left = 8;
    uint32_t rest;
    for (rest = v_len; rest > 0U; rest >>= 1) {
        left += 2;
    }
    while (lo < hi) {
        int32_t i = lo, j = hi,
                pivot = rank_middle(v[lo], v[lo + (hi - lo) / 2], v[hi]);
        if (left-- == 0) {
            return rank_halve(v + lo, (uint32_t)(hi - lo) + 1U, (uint32_t)(at - lo));
        }
        while (i <= j) {
            while (v[i] < pivot) {
                i++;
            }
            while (v[j] > pivot) {
                j--;
            }
            if (i <= j) {
                int32_t swap = v[i];
                v[i++] = v[j];
                v[j--] = swap;
            }
        }
        if (at <= j) {
            hi = j;
        } else if (at >= i) {
            lo = i;
        } else {
            break;
        }
    }
    return v[at];
}

typedef struct {
    int32_t a;     /* value at the whole part of the position */
    int32_t b;     /* the next one */
    uint32_t part; /* of the way from a to b, in Q31 */
} rank_place_t;

/* The neighbours of the share q of sorted values, v_len >= 1. */
static rank_place_t rank_place(int32_t *v, uint32_t v_len, uint32_t q) {
    uint64_t position = (uint64_t)q * (v_len - 1U);
    uint32_t i, n = 0, k = (uint32_t)(position >> 31);
    rank_place_t place;
    place.part = (uint32_t)position & (RANK_ONE - 1U);
    place.a = rank_select(v, v_len, k);
    place.b = INT32_MAX;
    for (i = 0; i < v_len; i++) {
        if (v[i] <= place.a) {
            n++;
        } else if (v[i] < place.b) {
            place.b = v[i];
        }
    }
    if (n > k + 1U || k + 1U == v_len) {
        place.b = place.a;
    }
    return place;
}

/* ---- float ------------------------------------------------------------------------
 */

static float rank_between_f32(const rank_place_t *place) {
    float a = rank_from_key(place->a), b = rank_from_key(place->b);
    float t = (float)place->part * 0x1p-31f;
    if (place->part == 0U || place->a == place->b) {
        return a + 0.0f;
    }
    return (t < 0.5f ? a + (b - a) * t : b - (b - a) * (1.0f - t)) + 0.0f;
}

ecm_status_t ecm_rank_quantiles_f32(const float *x, uint32_t x_len, const float *q,
                                    uint32_t q_len, int32_t *work, float *out) {
    rank_place_t place;
    uint32_t i;
    ECM_REQUIRE(x_len == 0U || (x != NULL && work != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(q_len == 0U || (q != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= (uint32_t)INT32_MAX, ECM_ERR_LENGTH);
    for (i = 0; i < q_len; i++) {
        ECM_REQUIRE(q[i] >= 0.0f && q[i] <= 1.0f, ECM_ERR_ARG);
    }
    for (i = 0; i < x_len; i++) {
        work[i] = rank_key(x[i]);
    }
    for (i = 0; i < q_len; i++) {
        out[i] = 0.0f;
        if (x_len > 0U) {
            place = rank_place(work, x_len, (uint32_t)(q[i] * 0x1p+31f));
            out[i] = rank_between_f32(&place);
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_rank_median_f32(const float *x, uint32_t x_len, int32_t *work,
                                 float *median, float *mad) {
    static const float half = 0.5f;
    rank_place_t place;
    uint32_t i;
    ecm_status_t status;
    ECM_REQUIRE(median != NULL && mad != NULL, ECM_ERR_NULL);
    status = ecm_rank_quantiles_f32(x, x_len, &half, 1, work, median);
    ECM_REQUIRE(status == ECM_OK, status);
    *mad = 0.0f;
    if (x_len == 0U) {
        return ECM_OK;
    }
    for (i = 0; i < x_len; i++) {
        work[i] = rank_key(ecm_port_abs_f32(x[i] - *median));
    }
    place = rank_place(work, x_len, RANK_ONE / 2U);
    *mad = rank_between_f32(&place);
    return ECM_OK;
}

ecm_status_t ecm_rank_histogram_f32(const float *x, uint32_t x_len, float lo, float hi,
                                    uint32_t bins, uint32_t *count) {
    float width = hi - lo;
    uint32_t i, bin;
    ECM_REQUIRE(count != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(bins >= 1U && bins <= 65535U, ECM_ERR_ARG);
    ECM_REQUIRE(lo < hi && ecm_math_isfinite_f32(width), ECM_ERR_ARG);
    memset(count, 0, (size_t)bins * sizeof *count);
    for (i = 0; i < x_len; i++) {
        if (x[i] >= lo && x[i] <= hi) {
            bin = (uint32_t)((x[i] - lo) / width * (float)bins);
            count[bin < bins ? bin : bins - 1U]++;
        }
    }
    return ECM_OK;
}

/* Of counts, over that of as many alike. */
static float rank_entropy(const uint32_t *count, uint32_t bins) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f}, total, share, sum;
    uint32_t i, n = 0;
    for (i = 0; i < bins; i++) {
        n += count[i];
    }
    total = (float)n;
    for (i = 0; i < bins; i++) {
        if (count[i] > 0U) {
            share = (float)count[i] / total;
            lane[i & 3U] -= share * ecm_math_log_f32(share);
        }
    }
    sum = (lane[0] + lane[1]) + (lane[2] + lane[3]);
    sum = sum / ecm_math_log_f32((float)bins);
    return sum < 1.0f ? sum : 1.0f;
}

ecm_status_t ecm_rank_entropy_f32(const float *x, uint32_t x_len, uint32_t bins,
                                  uint32_t *work, float *entropy) {
    float lo, hi;
    uint32_t i;
    ecm_status_t status;
    ECM_REQUIRE(entropy != NULL && work != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(bins >= 2U && bins <= 65535U, ECM_ERR_ARG);
    if (x_len == 0U) {
        *entropy = 0.0f;
        return ECM_OK;
    }
    lo = x[0];
    hi = x[0];
    for (i = 1; i < x_len; i++) {
        lo = x[i] < lo ? x[i] : lo;
        hi = x[i] > hi ? x[i] : hi;
    }
    if (lo == hi) {
        *entropy = 0.0f;
        return ECM_OK;
    }
    status = ecm_rank_histogram_f32(x, x_len, lo, hi, bins, work);
    ECM_REQUIRE(status == ECM_OK, status);
    *entropy = rank_entropy(work, bins);
    return ECM_OK;
}

/* ---- Q15 --------------------------------------------------------------------------
 */

ecm_status_t ecm_rank_quantiles_q15(const int16_t *x, uint32_t x_len, const uint32_t *q,
                                    uint32_t q_len, int32_t *work, int32_t *out) {
    rank_place_t place;
    uint64_t part;
    uint32_t i;
    ECM_REQUIRE(x_len == 0U || (x != NULL && work != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(q_len == 0U || (q != NULL && out != NULL), ECM_ERR_NULL);
    ECM_REQUIRE(x_len <= (uint32_t)INT32_MAX, ECM_ERR_LENGTH);
    for (i = 0; i < q_len; i++) {
        ECM_REQUIRE(q[i] <= RANK_ONE, ECM_ERR_ARG);
    }
    for (i = 0; i < x_len; i++) {
        work[i] = x[i];
    }
    for (i = 0; i < q_len; i++) {
        out[i] = 0;
        if (x_len > 0U) {
            place = rank_place(work, x_len, q[i]);
            part = (uint64_t)(uint32_t)(place.b - place.a) * place.part;
            out[i] = (int32_t)((int64_t)place.a * 65536 +
                               (int64_t)((part + (1U << 14)) >> 15));
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_rank_median_q15(const int16_t *x, uint32_t x_len, int32_t *work,
                                 int32_t *median, uint32_t *mad) {
    static const uint32_t half = RANK_ONE / 2U;
    rank_place_t place;
    uint32_t i;
    int32_t twice;
    ecm_status_t status;
    ECM_REQUIRE(median != NULL && mad != NULL, ECM_ERR_NULL);
    status = ecm_rank_quantiles_q15(x, x_len, &half, 1, work, median);
    ECM_REQUIRE(status == ECM_OK, status);
    *mad = 0;
    if (x_len == 0U) {
        return ECM_OK;
    }
    /* Deviations in halves of a code, in which the median is whole. */
    twice = *median / 32768;
    for (i = 0; i < x_len; i++) {
        int32_t off = 2 * (int32_t)x[i] - twice;
        work[i] = off < 0 ? -off : off;
    }
    place = rank_place(work, x_len, half);
    *mad = (uint32_t)place.a * 32768U;
    if (place.part != 0U) {
        *mad = ((uint32_t)place.a + (uint32_t)place.b) * 16384U;
    }
    return ECM_OK;
}

ecm_status_t ecm_rank_histogram_q15(const int16_t *x, uint32_t x_len, int16_t lo,
                                    int16_t hi, uint32_t bins, uint32_t *count) {
    uint32_t i, width;
    ECM_REQUIRE(count != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(bins >= 1U && bins <= 65535U && lo <= hi, ECM_ERR_ARG);
    width = (uint32_t)((int32_t)hi - lo) + 1U;
    memset(count, 0, (size_t)bins * sizeof *count);
    for (i = 0; i < x_len; i++) {
        if (x[i] >= lo && x[i] <= hi) {
            count[(uint32_t)((int32_t)x[i] - lo) * bins / width]++;
        }
    }
    return ECM_OK;
}

ecm_status_t ecm_rank_entropy_q15(const int16_t *x, uint32_t x_len, uint32_t bins,
                                  uint32_t *work, float *entropy) {
    int16_t lo, hi;
    uint32_t i;
    ecm_status_t status;
    ECM_REQUIRE(entropy != NULL && work != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    ECM_REQUIRE(bins >= 2U && bins <= 65535U, ECM_ERR_ARG);
    if (x_len == 0U) {
        *entropy = 0.0f;
        return ECM_OK;
    }
    lo = x[0];
    hi = x[0];
    for (i = 1; i < x_len; i++) {
        lo = x[i] < lo ? x[i] : lo;
        hi = x[i] > hi ? x[i] : hi;
    }
    status = ecm_rank_histogram_q15(x, x_len, lo, hi, bins, work);
    ECM_REQUIRE(status == ECM_OK, status);
    *entropy = rank_entropy(work, bins);
    return ECM_OK;
}
