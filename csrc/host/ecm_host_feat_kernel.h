/* ecm_host_feat_kernel.h - the kernels of ecm_host_kernels.h.
 *
 * Included by one source an instruction set, which defines HOST_W and HOST_KERNELS, the
 * name of its table, and is compiled for it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_HOST_FEAT_KERNEL_H
#define ECM_HOST_FEAT_KERNEL_H

#include "ecm_host_kernels.h"
#include "ecm_host_log_kernel.h"

#if defined(ECM_HOST_VECTORS)

#define FEAT_SHARE 1e-30f           /* as in ecm_spectrum.c */
#define FEAT_FLOOR_BITS 0x2edbe6ffU /* as there */
#define FEAT_SILENCE 1e-20f         /* as in ecm_envelope.c */
#define FEAT_NOTHING 0x1p-126f      /* as there */
#define FEAT_LN2_Q23 0x1.62e43p-24f /* as there */

/* ---- sums of several rows ------------------------------------------------------- */

static void feat_sum(const float *const *row, uint32_t x_len, float *sum) {
    host_f32_t lane = {0.0f};
    uint32_t i;
    for (i = 0; x_len - i >= 4U; i += 4U) {
        lane += host_quads(row, i);
    }
    if (i < x_len) {
        lane += host_rest(row, i, x_len);
    }
    host_fold(lane, sum);
}

/* 0, 1, 2, 3 for each row. */
INLINE host_f32_t feat_places(void) {
    host_f32_t k = {0.0f};
    uint32_t i;
    for (i = 0; i < HOST_W; i++) {
        k[i] = (float)(i % 4U);
    }
    return k;
}

static void feat_sum_first(const float *const *row, uint32_t x_len, float *sum,
                           float *first) {
    host_f32_t lane = {0.0f}, moment = {0.0f}, k = feat_places(), x;
    uint32_t i;
    for (i = 0; x_len - i >= 4U; i += 4U) {
        x = host_quads(row, i);
        lane += x;
        moment += k * x;
        k += 4.0f;
    }
    if (i < x_len) {
        x = host_rest(row, i, x_len);
        lane += x;
        moment += k * x;
    }
    host_fold(lane, sum);
    host_fold(moment, first);
}

static void feat_sum_squares(const float *const *row, uint32_t x_len, float *sum,
                             float *squares) {
    host_f32_t one = {0.0f}, two = {0.0f}, x;
    uint32_t i;
    for (i = 0; x_len - i >= 4U; i += 4U) {
        x = host_quads(row, i);
        one += x;
        two += x * x;
    }
    if (i < x_len) {
        x = host_rest(row, i, x_len);
        one += x;
        two += x * x;
    }
    host_fold(one, sum);
    host_fold(two, squares);
}

typedef struct {
    host_f32_t d2, d3, d4;
} feat_central_t;

INLINE void feat_central(feat_central_t *lanes, host_f32_t x, host_f32_t d) {
    host_f32_t square = d * d, once = square * x;
    lanes->d2 += once;
    lanes->d3 += once * d;
    lanes->d4 += once * square;
}

static void feat_sum_central(const float *const *row, uint32_t x_len,
                             const float *centre, float (*sum)[3]) {
    feat_central_t lanes = {{0.0f}, {0.0f}, {0.0f}};
    host_f32_t k = feat_places(), middle = host_of_rows(centre);
    float folded[3][HOST_ROWS];
    uint32_t i, r;
    for (i = 0; x_len - i >= 4U; i += 4U) {
        feat_central(&lanes, host_quads(row, i), k - middle);
        k += 4.0f;
    }
    if (i < x_len) {
        feat_central(&lanes, host_rest(row, i, x_len), k - middle);
    }
    host_fold(lanes.d2, folded[0]);
    host_fold(lanes.d3, folded[1]);
    host_fold(lanes.d4, folded[2]);
    for (r = 0; r < HOST_ROWS; r++) {
        for (i = 0; i < 3U; i++) {
            sum[r][i] = folded[i][r];
        }
    }
}

INLINE host_f32_t feat_surprise(const host_log_t *tables, host_f32_t share) {
    host_s32_t some = ~(share < FEAT_SHARE);
    share *= host_float(host_log2_q23(tables, share));
    return (host_f32_t)(some & (host_s32_t)share);
}

/* The rest is behind the loop, whose constants then stay in registers. */
static void feat_sum_surprise(const float *const *row, uint32_t x_len,
                              const float *per_total, float *sum) {
    const host_log_t tables = host_log_tables();
    host_f32_t lane = {0.0f}, per = host_of_rows(per_total);
    uint32_t i;
    for (i = 0; x_len - i >= 4U; i += 4U) {
        lane += feat_surprise(&tables, host_quads(row, i) * per);
    }
    if (i < x_len) {
        lane += feat_surprise(&tables, host_rest(row, i, x_len) * per);
    }
    host_fold(lane, sum);
}

/* Within each quarter of a register: 1, 0, 3, 2 and 2, 3, 0, 1. */
#if HOST_W == 16
#define FEAT_NEXT(x)                                                                   \
    __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14)
#define FEAT_OVER(x)                                                                   \
    __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13)
#elif HOST_W == 8
#define FEAT_NEXT(x) __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6)
#define FEAT_OVER(x) __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5)
#else
#define FEAT_NEXT(x) __builtin_shufflevector(x, x, 1, 0, 3, 2)
#define FEAT_OVER(x) __builtin_shufflevector(x, x, 2, 3, 0, 1)
#endif

/* Significand, 1 ... 2, of what is at least FEAT_FLOOR; its exponent and 127 goes to
 * whole. Floats that are not negative are in the order of their bits. */
INLINE host_f32_t feat_split(host_f32_t ratio, host_u32_t *whole) {
    host_s32_t bits = (host_s32_t)ratio, floor = host_all_s32((int32_t)FEAT_FLOOR_BITS);
    bits = host_select_s32(bits < floor, floor, bits);
    *whole += (host_u32_t)bits >> 23;
    return (host_f32_t)((bits & 0x007fffff) | (int32_t)ECM_BITS_ONE);
}

static void feat_product(const float *const *row, uint32_t x_len, const float *per_mean,
                         float *product, uint32_t *whole) {
    host_f32_t all = host_all(1.0f), per = host_of_rows(per_mean);
    host_u32_t exponents = {0};
    uint32_t i, r, l;
    for (i = 0; x_len - i >= 4U; i += 4U) {
        host_f32_t m = feat_split(host_quads(row, i) * per, &exponents);
        m *= FEAT_NEXT(m);
        m *= FEAT_OVER(m);
        all *= m; /* at most 16 times as large */
        if (i % 32U == 28U || x_len - i < 8U) {
            /* A power of two leaves all bits in their places, now or earlier. */
            host_s32_t large = all >= 0x1p+64f;
            all = host_select(large, all * 0x1p-64f, all);
            exponents += (host_u32_t)large & 16U; /* four lanes say so */
        }
    }
    for (r = 0; r < HOST_ROWS; r++) {
        product[r] = all[4 * r];
        whole[r] = 0;
        for (l = 0; l < 4U; l++) {
            whole[r] += exponents[4 * r + l];
        }
        for (l = i; l < x_len; l++) {
            uint32_t bits = ecm_bits_from_f32(row[r][l] * per_mean[r]);
            bits = bits < FEAT_FLOOR_BITS ? FEAT_FLOOR_BITS : bits;
            whole[r] += bits >> 23;
            product[r] *= ecm_bits_to_f32((bits & 0x007fffffU) | ECM_BITS_ONE);
        }
    }
}

static void feat_peak(const float *const *row, uint32_t x_len, float *peak) {
    uint32_t i, r;
    for (r = 0; r < HOST_ROWS; r++) { /* in any order it is the same */
        host_f32_t most = {0.0f}, x;
        for (i = 0; x_len - i >= HOST_W; i += HOST_W) {
            x = host_load(row[r] + i);
            most = host_select(x > most, x, most);
        }
        peak[r] = 0.0f;
        for (; i < x_len; i++) {
            peak[r] = row[r][i] > peak[r] ? row[r][i] : peak[r];
        }
        for (i = 0; i < HOST_W; i++) {
            peak[r] = most[i] > peak[r] ? most[i] : peak[r];
        }
    }
}

/* ---- decimation ------------------------------------------------------------------ */

static float feat_dot(const float *x, const float *taps, uint32_t taps_len) {
    float lane[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    uint32_t i;
    for (i = 0; i < taps_len; i++) {
        lane[i & 3U] += x[i] * taps[i];
    }
    return (lane[0] + lane[1]) + (lane[2] + lane[3]);
}

/* Every step-th sample to a place of its own, so that those of neighbouring sums are
 * neighbours. Returns how far apart the places are. */
static uint32_t feat_phases(const float *x, uint32_t x_len, uint32_t step, float *to) {
    uint32_t p, q, apart = x_len / step + 1U + 2U * HOST_W;
    if (step == 2U) {
        for (q = 0; x_len - 2U * q >= 2U * HOST_W; q += HOST_W) {
            host_f32_t lo = host_load(x + 2U * q), hi = host_load(x + 2U * q + HOST_W);
            host_store(to + q, host_evens(lo, hi));
            host_store(to + apart + q, host_odds(lo, hi));
        }
        for (; 2U * q < x_len; q++) {
            to[q] = x[2U * q];
            to[apart + q] = x[2U * q + (2U * q + 1U < x_len ? 1U : 0U)];
        }
        return apart;
    }
    for (p = 0; p < step && p < x_len; p++, to += apart) {
        const float *from = x + p;
        uint32_t count = (x_len - p - 1U) / step + 1U;
        for (q = 0; count - q >= 4U; q += 4U, from += 4U * step) {
            to[q] = from[0];
            to[q + 1U] = from[step];
            to[q + 2U] = from[2U * step];
            to[q + 3U] = from[3U * step];
        }
        for (; q < count; q++, from += step) {
            to[q] = from[0];
        }
    }
    return apart;
}

/* 2 HOST_W sums: x points at the first phase of the first. */
INLINE void feat_dots_some(const float *x, uint32_t apart, uint32_t step,
                           const float *taps, uint32_t taps_len, float *out) {
    host_f32_t lane[4] = {{0.0f}}, more[4] = {{0.0f}};
    uint32_t i, at = 0, phase = 0;
    for (i = 0; i < taps_len; i += 4U) {
        uint32_t l, some = taps_len - i < 4U ? taps_len - i : 4U;
        for (l = 0; l < 4U && l < some; l++) {
            host_f32_t by = host_all(taps[i + l]);
            lane[l] += host_load(x + at) * by;
            more[l] += host_load(x + at + HOST_W) * by;
            phase = phase + 1U == step ? 0U : phase + 1U;
            at = phase == 0U ? at + 1U - (step - 1U) * apart : at + apart;
        }
    }
    host_store(out, (lane[0] + lane[1]) + (lane[2] + lane[3]));
    host_store(out + HOST_W, (more[0] + more[1]) + (more[2] + more[3]));
}

static void feat_dots(const float *x, uint32_t step, uint32_t count, const float *taps,
                      uint32_t taps_len, float *work, float *out) {
    uint32_t j, apart, n;
    if (step > ECM_HOST_KERNEL_STEP_MAX) {
        for (j = 0; j < count; j++) {
            out[j] = feat_dot(x + (size_t)j * step, taps, taps_len);
        }
        return;
    }
    apart =
        feat_phases(x, count > 0U ? (count - 1U) * step + taps_len : 0U, step, work);
    for (j = 0; j < count; j += n) {
        float some[2 * HOST_W];
        n = count - j < 2U * HOST_W ? count - j : 2U * HOST_W;
        feat_dots_some(work + j, apart, step, taps, taps_len, some);
        memcpy(out + j, some, n * sizeof *out);
    }
}

/* ---- neighbours of one row ------------------------------------------------------ */

static float feat_hann(const float *before, const float *at, const float *after,
                       float scale) {
    float re = (at[0] - before[0]) - (after[0] - at[0]);
    float im = (at[1] - before[1]) - (after[1] - at[1]);
    return (re * re + im * im) * scale;
}

INLINE host_f32_t feat_hann_bins(const float *x) {
    host_f32_t at = host_load(x);
    host_f32_t y = (at - host_load(x - 2)) - (host_load(x + 2) - at);
    return y * y;
}

INLINE void feat_hann_some(const float *x, float scale, float *power) {
    host_store(power,
               host_pairs(feat_hann_bins(x), feat_hann_bins(x + HOST_W)) * scale);
}

static void feat_hann_power(const float *bins, uint32_t x_len, float scale,
                            float *power) {
    const float ends[4] = {bins[0], 0.0f, bins[1], 0.0f};
    const float once = 0.25f * scale, twice = 0.125f * scale;
    uint32_t k, half = x_len / 2U,
                past = half - 1U; /* bins 2 ... past - 1 in registers */
    float step = bins[2] - bins[0];
    power[0] = step * step * once;
    power[1] = feat_hann(ends, bins + 2, bins + 4, twice);
    for (k = 2; past - k >= HOST_W; k += HOST_W) {
        feat_hann_some(bins + 2U * k, twice, power + k);
    }
    if (k > 2U) { /* once more what is needed to fill the last register */
        k = past - HOST_W;
        feat_hann_some(bins + 2U * k, twice, power + k);
        k = past;
    }
    for (; k < past; k++) {
        power[k] =
            feat_hann(bins + 2U * k - 2, bins + 2U * k, bins + 2U * k + 2, twice);
    }
    power[past] = feat_hann(bins + 2U * past - 2, bins + 2U * past, ends + 2, twice);
    step = bins[1] - bins[2U * past];
    power[half] = step * step * once;
}

/* A loop over complex numbers, HOST_W at a time, the rest in a register with zeros. */
#define FEAT_SQUARES(name, value)                                                      \
    static void name(const float *z, uint32_t z_len, float *out) {                     \
        FEAT_TABLES                                                                    \
        for (; z_len >= HOST_W; z_len -= HOST_W, z += 2 * HOST_W, out += HOST_W) {     \
            host_f32_t lo = host_load(z), hi = host_load(z + HOST_W);                  \
            host_f32_t square = host_pairs(lo * lo, hi * hi);                          \
            host_store(out, value);                                                    \
        }                                                                              \
        if (z_len > 0U) {                                                              \
            float rest[2 * HOST_W] = {0.0f};                                           \
            host_f32_t lo, hi, square;                                                 \
            memcpy(rest, z, 2U * z_len * sizeof *z);                                   \
            lo = host_load(rest);                                                      \
            hi = host_load(rest + HOST_W);                                             \
            square = host_pairs(lo * lo, hi * hi);                                     \
            host_store(rest, value);                                                   \
            memcpy(out, rest, z_len * sizeof *z);                                      \
        }                                                                              \
    }

/* p is normal, infinity or NaN. */
INLINE host_f32_t feat_log(const host_log_t *tables, host_f32_t p) {
    host_s32_t odd = (host_s32_t)((host_u32_t)p >= ECM_BITS_INFINITY);
    return host_select(odd, p, host_float(host_log2_q23(tables, p)) * FEAT_LN2_Q23);
}

#define FEAT_TABLES
FEAT_SQUARES(feat_squared, square)
FEAT_SQUARES(feat_magnitude, host_sqrt(square))
#undef FEAT_TABLES
#define FEAT_TABLES const host_log_t tables = host_log_tables();
FEAT_SQUARES(feat_log_squared, feat_log(&tables, square + FEAT_SILENCE))
#undef FEAT_TABLES

INLINE void feat_whiten_some(const float *x, float *out) {
    host_f32_t lo = host_load(x), hi = host_load(x + HOST_W);
    host_f32_t magnitude = host_sqrt(host_pairs(lo * lo, hi * hi)) + FEAT_NOTHING;
    host_store(out, lo / HOST_TWICE_LO(magnitude));
    host_store(out + HOST_W, hi / HOST_TWICE_HI(magnitude));
}

static void feat_whiten(const float *x, uint32_t x_len, float *out) {
    for (; x_len >= HOST_W; x_len -= HOST_W, x += 2 * HOST_W, out += 2 * HOST_W) {
        feat_whiten_some(x, out);
    }
    if (x_len > 0U) {
        float rest[2 * HOST_W] = {0.0f};
        memcpy(rest, x, 2U * x_len * sizeof *x);
        feat_whiten_some(rest, rest);
        memcpy(out, rest, 2U * x_len * sizeof *x);
    }
}

static void feat_taper(const float *x, uint32_t x_len, float scale, float *out) {
    uint32_t i, n = 2U * x_len;
    for (i = 0; n - i >= HOST_W; i += HOST_W) {
        host_f32_t at = host_load(x + i);
        host_f32_t y = (at - host_load(x + i - 2)) - (host_load(x + i + 2) - at);
        host_store(out + i, y * scale);
    }
    for (; i < n; i++) {
        out[i] = ((x[i] - x[(ptrdiff_t)i - 2]) - (x[i + 2] - x[i])) * scale;
    }
}

static void feat_add(const float *x, const float *y, uint32_t x_len, float *out) {
    uint32_t i;
    for (i = 0; x_len - i >= HOST_W; i += HOST_W) {
        host_store(out + i, host_load(x + i) + host_load(y + i));
    }
    for (; i < x_len; i++) {
        out[i] = x[i] + y[i];
    }
}

/* In place no bin is overwritten that is read later, but the ends. */
static void feat_amplitude(const float *bins, uint32_t x_len, float *out) {
    const float scale = 1.0f / (float)x_len;
    const float ends[4] = {0.0f, 0.0f, bins[1], 0.0f};
    uint32_t k, half = x_len / 2U, past = half - 1U;
    float one = feat_hann(ends, bins + 2, bins + 4, 1.0f), last;
    const float *x;
    out[0] = ecm_port_abs_f32(bins[2] * scale);
    out[1] = ecm_port_sqrt_f32(one) * scale;
    for (k = 2; past - k >= HOST_W; k += HOST_W) {
        x = bins + 2U * k;
        host_store(out + k, host_sqrt(host_pairs(feat_hann_bins(x),
                                                 feat_hann_bins(x + HOST_W))) *
                                scale);
    }
    for (; k < past; k++) {
        x = bins + 2U * k;
        out[k] = ecm_port_sqrt_f32(feat_hann(x - 2, x, x + 2, 1.0f)) * scale;
    }
    x = bins + 2U * past;
    last = ecm_port_abs_f32(ends[2] - x[0]) * scale;
    out[past] = ecm_port_sqrt_f32(feat_hann(x - 2, x, ends + 2, 1.0f)) * scale;
    out[half] = last;
}

const ecm_host_kernels_t HOST_KERNELS = {
    HOST_ROWS,        feat_hann_power,   feat_sum,     feat_sum_first, feat_sum_squares,
    feat_sum_central, feat_sum_surprise, feat_product, feat_peak,      feat_dots,
    feat_whiten,      feat_taper,        feat_add,     feat_squared,   feat_magnitude,
    feat_log_squared, feat_amplitude};

#endif
#endif
