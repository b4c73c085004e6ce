/* ecm_host_fft_plan.c - plans of ecm_host_fft.h: the device's tables in the order of
 * use.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_host_fft.h"
#include "ecm_host_fft_rows.h"

enum {
    FFT_ROWS_FLOATS =
        1024,     /* of complex elements in rows together: first-level cache */
    FFT_LINE = 16 /* floats of a cache line */
};

/* Floats in use of a plan's memory; each table starts a cache line. */
static float *fft_take(float **memory, uint32_t table_len) {
    float *table = *memory;
    *memory += (table_len + FFT_LINE - 1U) / FFT_LINE * FFT_LINE;
    return table;
}

/* Does this width have a form for the passes of the plan? Registers must be full. */
static bool fft_fits(const ecm_host_fft_plan_t *plan, uint32_t width) {
    uint32_t n = plan->n, l = n / plan->radix[plan->passes - 1U];
    uint32_t together = plan->kind == ECM_HOST_FFT_REAL ? l / 2U : l;
    if (plan->passes < 2U || n / 8U < width || together % width != 0U) {
        return false;
    }
    return width < 16U || (plan->passes > 2U && (n & (n - 1U)) == 0U);
}

static uint32_t fft_width(const ecm_host_fft_plan_t *plan, int32_t isa) {
    uint32_t width = 0;
    if (isa >= ECM_HOST_ISA_AVX512 && fft_fits(plan, 16)) {
        width = 16;
    } else if (isa >= ECM_HOST_ISA_AVX2 && fft_fits(plan, 8)) {
        width = 8;
    } else if (isa >= ECM_HOST_ISA_BASE && fft_fits(plan, 4)) {
        width = 4;
    }
    return width;
}

/* Factors of butterflies k, k + 1, ...; span / 2 where that comes to span. */
static float *fft_lay(const ecm_fft_pass_t *pass, uint32_t radix, uint32_t k,
                      uint32_t width, float *to) {
    uint32_t m, lane;
    for (m = 0; m + 1U < radix; m++, to += 2U * width) {
        for (lane = 0; lane < width; lane++) {
            uint32_t at = k + lane == pass->span ? pass->span / 2U : k + lane;
            const float *w = pass->twiddle + 2U * (at * (radix - 1U) + m);
            to[lane] = w[0];
            to[width + lane] = w[1];
        }
    }
    return to;
}

/* Factors h of the pairs of output m of butterflies k, k + 1, ... of the last pass. */
static float *fft_lay_half(const ecm_host_fft_plan_t *plan, uint32_t k, uint32_t m,
                           float *to) {
    uint32_t lane, width = plan->lanes_len, n = plan->n;
    uint32_t radix = plan->radix[plan->passes - 1U], l = n / radix;
    for (lane = 0; lane < width; lane++) {
        uint32_t bin = k + lane + l * m;
        if (2U * m >= radix) {
            bin = k + lane == 0U ? l * (radix - 1U - m) + l / 2U : n - bin;
        }
        to[lane] = 0.0f; /* bin 0 has none, and is written again */
        to[width + lane] = 0.0f;
        if (bin != 0U) {
            to[lane] = plan->device->half[2U * bin - 2U];
            to[width + lane] = plan->device->half[2U * bin - 1U];
        }
    }
    return to + 2U * width;
}

static void fft_plan_middle(ecm_host_fft_plan_t *plan, uint32_t i, float **memory) {
    const ecm_fft_pass_t *pass = &plan->device->pass[i - 1U];
    uint32_t k, m, radix = plan->radix[i], width = plan->lanes_len, l = pass->span;
    float *to = fft_take(memory, 2U * (radix - 1U) * (l > width ? l : width));
    plan->twiddle[i] = to;
    if (l >= width) {
        for (k = 0; k < l; k += width) {
            to = fft_lay(pass, radix, k, width, to);
        }
        return;
    }
    for (m = 0; m + 1U < radix; m++) { /* two blocks side by side */
        for (k = 0; k < width; k++) {
            const float *w = pass->twiddle + 2U * (k % l * (radix - 1U) + m);
            to[2U * width * m + k] = w[0];
            to[2U * width * m + width + k] = w[1];
        }
    }
}

static void fft_plan_last(ecm_host_fft_plan_t *plan, float **memory) {
    uint32_t i = plan->passes - 1U, k, m, radix = plan->radix[i];
    const ecm_fft_pass_t *pass = &plan->device->pass[i - 1U];
    uint32_t l = pass->span, width = plan->lanes_len;
    float *to = fft_take(memory, l * (3U * radix - 2U));
    plan->twiddle[i] = to;
    for (k = 0; k < l / 2U; k += width) {
        to = fft_lay(pass, radix, k, width, to);
        to = fft_lay(pass, radix, l - k - width + 1U, width, to);
        for (m = radix; m-- > 0U;) {
            to = fft_lay_half(plan, k, m, to);
        }
    }
}

/* Where the first pass writes what butterfly j gives: its digits read backwards. */
static uint32_t fft_place(const ecm_host_fft_plan_t *plan, uint32_t j) {
    uint32_t i, place = 0, step = plan->n;
    for (i = plan->passes - 1U; i >= 1U; i--) {
        step /= plan->radix[i];
        place += j % plan->radix[i] * step;
        j /= plan->radix[i];
    }
    return place;
}

/* Lane t reads element lane[t] of its group. Up to 8 lanes: the order in which pairs
 * come out of two registers, which counted down are the other way round. */
static void fft_plan_groups(ecm_host_fft_plan_t *plan, uint16_t *to) {
    uint32_t j, t, count = plan->n / 8U, width = plan->lanes_len;
    plan->groups = to;
    plan->next = width;
    plan->groups_len = (count + width - 1U) / width;
    for (j = 0; j < count; j += width) {
        /* The last group may repeat part of the one before. */
        uint32_t first = j + width <= count ? j : count - width;
        *to++ = (uint16_t)(2U * first);
        for (t = 0; t < width; t++) {
            uint32_t lane = t;
            if (width == 8U) {
                lane = t % 4U < 2U ? t / 4U * 2U + t % 4U : t / 4U * 2U + t % 4U + 2U;
                lane ^= plan->kind == ECM_HOST_FFT_INVERSE ? 2U : 0U;
            }
            *to++ = (uint16_t)fft_place(plan, first + lane);
        }
    }
}

/* 16 lanes: the second pass works on two neighbouring blocks at once. Their butterflies
 * j and j + apart must come out of the first pass side by side, in quarters 0 and 1 or
 * 2 and 3 of a register. */
static void fft_plan_pairs(ecm_host_fft_plan_t *plan, uint16_t *to) {
    uint32_t i, j, t, apart = 1, count = plan->n / 8U, block = 8U * plan->radix[1];
    for (i = 3; i < plan->passes; i++) {
        apart *= plan->radix[i];
    }
    plan->groups = to;
    plan->groups_len = count / 16U;
    plan->next = apart > 8U ? 2U * apart : 16U;
    for (j = 0, t = 0; t < 8U; j++) {
        if (apart >= 8U || j / apart % 2U == 0U) {
            uint32_t lane = t / 4U * 8U + t % 4U, other = apart < 8U ? apart : 8U;
            plan->lanes[lane] = 2U * j;
            plan->lanes[lane + 4U] = 2U * (j + other);
            plan->lanes[lane + 16U] = 2U * j + 1U;
            plan->lanes[lane + 20U] = 2U * (j + other) + 1U;
            t++;
        }
    }
    for (j = 0; j < count; j += 16U) {
        uint32_t first = j;
        if (apart > 8U) {
            first = j / (2U * apart) * (2U * apart) + j % (2U * apart) / 2U;
        }
        *to++ = (uint16_t)(2U * first);
        for (t = 0; t < 8U; t++) {
            uint32_t from = first + plan->lanes[t / 4U * 8U + t % 4U] / 2U;
            uint32_t place = fft_place(plan, from);
            *to++ = (uint16_t)(place / block * block + place % block / 8U * 16U);
        }
    }
    for (i = 0; plan->kind == ECM_HOST_FFT_INVERSE && i < 32U; i++) {
        plan->lanes[i] ^= 14U; /* each register has its elements the other way round */
    }
}

uint32_t ecm_host_fft_plan_len(uint32_t n) {
    /* 3 n for twiddles and places; a second pass for two blocks at once; and what the
     * beginnings of cache lines cost. */
    enum { FFT_PAIRS = 16 * 7, FFT_LINES = 8 * FFT_LINE };
    return ecm_fft_is_length(n) ? 3U * n + n / 8U + FFT_PAIRS + FFT_LINES : 0U;
}

/* All tables, for a width. */
static void fft_plan_tables(ecm_host_fft_plan_t *plan, float *memory) {
    uint32_t i, last = plan->passes - 1U;
    uintptr_t past = (uintptr_t)memory / sizeof(float) % FFT_LINE;
    void *rest; /* room for places */
    memory += past == 0U ? 0U : FFT_LINE - past;
    for (i = 1; i < last; i++) {
        fft_plan_middle(plan, i, &memory);
    }
    if (plan->kind == ECM_HOST_FFT_REAL) {
        fft_plan_last(plan, &memory);
    } else {
        fft_plan_middle(plan, last, &memory);
    }
    rest = memory;
    if (plan->lanes_len == 16U) {
        fft_plan_pairs(plan, rest);
    } else {
        fft_plan_groups(plan, rest);
    }
}

ecm_status_t ecm_host_fft_plan_init(ecm_host_fft_plan_t *plan,
                                    const ecm_fft_plan_t *device, int32_t kind,
                                    int32_t isa, float *memory, uint32_t memory_len) {
    uint32_t i;
    ECM_REQUIRE(plan != NULL && device != NULL && memory != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(kind >= ECM_HOST_FFT_REAL && kind <= ECM_HOST_FFT_INVERSE, ECM_ERR_ARG);
    ECM_REQUIRE(kind != ECM_HOST_FFT_REAL || device->half != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(isa >= ECM_HOST_ISA_SCALAR && isa <= ecm_host_isa(), ECM_ERR_ARG);
    ECM_REQUIRE(memory_len >= ecm_host_fft_plan_len(device->len), ECM_ERR_FULL);
    memset(plan, 0, sizeof *plan);
    plan->device = device;
    plan->kind = kind;
    plan->n = device->len;
    plan->passes = device->passes_len + 1U;
    plan->radix[0] = 8;
    for (i = 1; i < plan->passes; i++) {
        const ecm_fft_pass_t *pass = &device->pass[i - 1U];
        plan->radix[i] = device->len / (pass->span * pass->step);
    }
    plan->lanes_len = fft_width(plan, isa);
    plan->rows_len = 1;
    if (plan->lanes_len == 0U) {
        return ECM_OK;
    }
    while (2U * plan->rows_len * plan->n <= FFT_ROWS_FLOATS &&
           plan->rows_len < FFT_MEANS) {
        plan->rows_len *= 2U;
    }
    fft_plan_tables(plan, memory);
    return ECM_OK;
}
