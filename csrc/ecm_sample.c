/* ecm_sample.c - see ecm_sample.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_sample.h"

#include "ecm_math.h"

#define SAMPLE_LEVEL_MIN 8U

/* G. Marsaglia, Xorshift RNGs, J. Stat. Software 8 (2003), 14. */
static uint32_t sample_random(uint32_t *state) {
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    *state = x;
    return x;
}

/* Any seed to a state: neighbours far apart, never 0. */
static uint32_t sample_seed(uint32_t seed) {
    seed = (seed ^ (seed >> 16)) * 0x7feb352dU;
    seed = (seed ^ (seed >> 15)) * 0x846ca68bU;
    seed ^= seed >> 16;
    return seed == 0U ? 0x9e3779b9U : seed;
}

ecm_status_t ecm_sample_sort_f32(float *x, uint32_t x_len) {
    static const uint16_t gaps[] = {16001, 7106, 3158, 1750, 701, 301,
                                    132,   57,   23,   10,   4,   1};
    uint32_t g, i, j;
    ECM_REQUIRE(x != NULL || x_len == 0U, ECM_ERR_NULL);
    for (g = 0; g < sizeof gaps / sizeof *gaps; g++) {
        uint32_t gap = gaps[g];
        for (i = gap; i < x_len; i++) {
            float moved = x[i];
            for (j = i; j >= gap && x[j - gap] > moved; j -= gap) {
                x[j] = x[j - gap];
            }
            x[j] = moved;
        }
    }
    return ECM_OK;
}

/* ---- KLL --------------------------------------------------------------------------
 */

ecm_status_t ecm_sample_kll_init(ecm_sample_kll_t *st, uint32_t k, uint32_t seed) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(k >= ECM_SAMPLE_KLL_K_MIN && k <= ECM_SAMPLE_KLL_K_MAX, ECM_ERR_LENGTH);
    memset(st, 0, sizeof *st);
    st->random = sample_seed(seed);
    st->k = (uint16_t)k;
    st->levels = 1;
    st->start[0] = st->start[1] = (uint16_t)ECM_SAMPLE_KLL_LEN(k);
    return ECM_OK;
}

static uint32_t sample_level_len(const ecm_sample_kll_t *st, uint32_t level) {
    return (uint32_t)st->start[level + 1U] - st->start[level];
}

/* Share of a level, which depends on how far it is below the top. */
static uint32_t sample_level_share(const ecm_sample_kll_t *st, uint32_t level) {
    uint32_t share = st->k, depth;
    for (depth = st->levels - 1U - level; depth > 0U; depth--) {
        share = 2U * share / 3U;
    }
    return share < SAMPLE_LEVEL_MIN ? SAMPLE_LEVEL_MIN : share;
}

/* A new level on top, empty. */
static void sample_add_level(ecm_sample_kll_t *st) {
    st->levels++;
    st->start[st->levels] = st->start[st->levels - 1U];
}

/* Halve a level of two values or more: every other value, from the first or from the
 * second, joins the next level. Lower levels move up into the room. */
static void sample_compact(ecm_sample_kll_t *st, float *mem, uint32_t level) {
    uint32_t begin = st->start[level], end = st->start[level + 1U], odd, half, i, a, b;
    uint32_t top = st->start[level + 2U], offset = sample_random(&st->random) >> 31;
    if (level == 0U) {
        (void)ecm_sample_sort_f32(mem + begin, end - begin);
    }
    odd = (end - begin) & 1U; /* the least one stays */
    begin += odd;
    half = (end - begin) / 2U;
    for (i = 0; i < half; i++) {
        mem[begin + i] = mem[begin + 2U * i + offset];
    }
    /* Both in order; what is written never overtakes what is read. */
    a = begin;
    b = end;
    for (i = begin + half; i < top; i++) {
        if (b >= top || (a < begin + half && mem[a] <= mem[b])) {
            mem[i] = mem[a++];
        } else {
            mem[i] = mem[b++];
        }
    }
    memmove(mem + st->start[0] + half, mem + st->start[0],
            sizeof *mem * (size_t)(begin - st->start[0]));
    for (i = 0; i <= level; i++) {
        st->start[i] = (uint16_t)(st->start[i] + half);
    }
    st->start[level + 1U] = (uint16_t)(begin + half);
}

/* Make room when memory is full: there is a level with more than its share, since there
 * is room for the shares of all. */
static bool sample_make_room(ecm_sample_kll_t *st, float *mem) {
    uint32_t level = 0;
    while (sample_level_len(st, level) < sample_level_share(st, level)) {
        level++;
        ECM_ASSERT(level < st->levels);
    }
    if (level + 1U == st->levels) {
        if (st->levels == ECM_SAMPLE_KLL_LEVELS) {
            return false;
        }
        sample_add_level(st);
    }
    sample_compact(st, mem, level);
    return true;
}

ecm_status_t ecm_sample_kll_update_f32(ecm_sample_kll_t *st, float *mem, float x) {
    ECM_REQUIRE(st != NULL && mem != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(ecm_math_isfinite_f32(x), ECM_ERR_ARG);
    ECM_REQUIRE(st->n < (uint32_t)st->k << (ECM_SAMPLE_KLL_LEVELS - 1), ECM_ERR_FULL);
    if (st->start[0] == 0U && !sample_make_room(st, mem)) {
        return ECM_ERR_FULL;
    }
    if (st->n == 0U || x < st->minimum) {
        st->minimum = x;
    }
    if (st->n == 0U || x > st->maximum) {
        st->maximum = x;
    }
    st->n++;
    st->start[0]--;
    mem[st->start[0]] = x;
    return ECM_OK;
}

/* Put a value into a level at its place; lower levels move down by one. */
static void sample_insert(ecm_sample_kll_t *st, float *mem, uint32_t level, float x) {
    uint32_t i, at = st->start[level], end = st->start[level + 1U];
    while (level > 0U && at < end && mem[at] < x) {
        at++;
    }
    memmove(mem + st->start[0] - 1, mem + st->start[0],
            sizeof *mem * (size_t)(at - st->start[0]));
    mem[at - 1U] = x;
    for (i = 0; i <= level; i++) {
        st->start[i]--;
    }
}

ecm_status_t ecm_sample_kll_merge(ecm_sample_kll_t *st, float *mem,
                                  const ecm_sample_kll_t *other,
                                  const float *other_mem) {
    uint32_t level, i, most;
    ECM_REQUIRE(st != NULL && mem != NULL && other != NULL && other_mem != NULL,
                ECM_ERR_NULL);
    most = (uint32_t)st->k << (ECM_SAMPLE_KLL_LEVELS - 1);
    ECM_REQUIRE(st->n <= most && other->n <= most - st->n, ECM_ERR_FULL);
    if (other->n == 0U) {
        return ECM_OK;
    }
    if (st->n == 0U || other->minimum < st->minimum) {
        st->minimum = other->minimum;
    }
    if (st->n == 0U || other->maximum > st->maximum) {
        st->maximum = other->maximum;
    }
    while (st->levels < other->levels) {
        sample_add_level(st);
    }
    for (level = other->levels; level > 0U; level--) {
        for (i = other->start[level - 1U]; i < other->start[level]; i++) {
            if (st->start[0] == 0U) {
                (void)sample_make_room(st, mem);
            }
            sample_insert(st, mem, level - 1U, other_mem[i]);
        }
    }
    st->n += other->n;
    return ECM_OK;
}

ecm_status_t ecm_sample_kll_quantile_f32(const ecm_sample_kll_t *st, float *mem,
                                         float q, float *x) {
    uint16_t at[ECM_SAMPLE_KLL_LEVELS];
    uint32_t level, rank = 0, least;
    float found = 0.0f, wanted;
    ECM_REQUIRE(st != NULL && mem != NULL && x != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(q >= 0.0f && q <= 1.0f, ECM_ERR_ARG);
    *x = q <= 0.0f ? st->minimum : st->maximum;
    if (st->n == 0U) {
        return ECM_MORE;
    }
    if (q <= 0.0f || q >= 1.0f) {
        return ECM_OK;
    }
    wanted = q * (float)st->n;
    (void)ecm_sample_sort_f32(mem + st->start[0], sample_level_len(st, 0));
    memcpy(at, st->start, sizeof at);
    while ((float)rank < wanted) {
        least = ECM_SAMPLE_KLL_LEVELS;
        for (level = 0; level < st->levels; level++) {
            if (at[level] < st->start[level + 1U] &&
                (least == ECM_SAMPLE_KLL_LEVELS || mem[at[level]] < mem[at[least]])) {
                least = level;
            }
        }
        if (least == ECM_SAMPLE_KLL_LEVELS) {
            break; /* rounding of wanted */
        }
        found = mem[at[least]];
        at[least]++;
        rank += (uint32_t)1 << least;
    }
    *x = found;
    return ECM_OK;
}

ecm_status_t ecm_sample_kll_rank_f32(const ecm_sample_kll_t *st, const float *mem,
                                     float x, float *share) {
    uint32_t level, i, rank = 0;
    ECM_REQUIRE(st != NULL && mem != NULL && share != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(x == x, ECM_ERR_ARG);
    if (st->n == 0U) {
        *share = 0.0f;
        return ECM_MORE;
    }
    for (level = 0; level < st->levels; level++) {
        for (i = st->start[level]; i < st->start[level + 1U]; i++) {
            rank += mem[i] <= x ? (uint32_t)1 << level : 0U;
        }
    }
    *share = (float)rank / (float)st->n;
    return ECM_OK;
}

/* ---- reservoir --------------------------------------------------------------------
 */

ecm_status_t ecm_sample_reservoir_init(ecm_sample_reservoir_t *st, uint32_t seed) {
    ECM_REQUIRE(st != NULL, ECM_ERR_NULL);
    st->n = 0;
    st->random = sample_seed(seed);
    return ECM_OK;
}

ecm_status_t ecm_sample_reservoir_update_f32(ecm_sample_reservoir_t *st, float *kept,
                                             uint32_t kept_len, float x) {
    uint32_t at;
    ECM_REQUIRE(st != NULL && kept != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(kept_len >= 1U && kept_len <= UINT16_MAX, ECM_ERR_LENGTH);
    ECM_REQUIRE(st->n < UINT32_MAX, ECM_ERR_FULL);
    at = st->n;
    st->n++;
    if (at >= kept_len) { /* one of 0 ... n - 1, n counting x */
        at = (uint32_t)(((uint64_t)sample_random(&st->random) * st->n) >> 32);
    }
    if (at < kept_len) {
        kept[at] = x;
    }
    return ECM_OK;
}

ecm_status_t ecm_sample_ks_f32(const float *reference, uint32_t reference_len,
                               const float *x, uint32_t x_len, float *ks) {
    uint32_t i = 0, j = 0, largest = 0;
    ECM_REQUIRE(reference != NULL && x != NULL && ks != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(reference_len >= 1U && reference_len <= UINT16_MAX, ECM_ERR_LENGTH);
    ECM_REQUIRE(x_len >= 1U && x_len <= UINT16_MAX, ECM_ERR_LENGTH);
    while (i < reference_len && j < x_len) {
        float left = reference[i], right = x[j];
        uint32_t a, b, apart;
        if (!(right < left)) {
            do {
                i++;
            } while (i < reference_len && reference[i] <= left);
        }
        if (!(left < right)) {
            do {
                j++;
            } while (j < x_len && x[j] <= right);
        }
        a = i * x_len; /* both below 2^32 */
        b = j * reference_len;
        apart = a > b ? a - b : b - a;
        largest = apart > largest ? apart : largest;
    }
    *ks = (float)largest / (float)(reference_len * x_len);
    return ECM_OK;
}
