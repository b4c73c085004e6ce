/* test_ecm_host_fft.c - rows on every instruction set of this machine against the
 * device library: the same bits, in memory of exactly the stated size.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_fft_plan.h"
#include "ecm_host_fft.h"
#include "ecm_stats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(cond)                                                                    \
    do {                                                                               \
        if (!(cond)) {                                                                 \
            printf("line %d: %s\n", __LINE__, #cond);                                  \
            exit(1);                                                                   \
        }                                                                              \
    } while (0)

static uint32_t seed = 1;

static float *floats(size_t count) {
    float *x = malloc(count * sizeof *x);
    CHECK(x != NULL);
    return x;
}

static float *noise(size_t count) {
    float *x = floats(count);
    size_t i;
    for (i = 0; i < count; i++) {
        seed = seed * 1664525U + 1013904223U;
        x[i] = (float)(int32_t)seed / 2147483648.0f;
    }
    return x;
}

static bool same(const float *a, const float *b, size_t count) {
    size_t i;
    for (i = 0; i < count; i++) {
        if (memcmp(&a[i], &b[i], sizeof *a) != 0 && !(isnan(a[i]) && isnan(b[i]))) {
            return false;
        }
    }
    return true;
}

/* What the device library gives for one row. */
static void expect(const ecm_fft_plan_t *device, const float *x, const float *taper,
                   float mean, float *bins, float *power) {
    uint32_t n = device->len;
    float *work = floats(2 * (size_t)n);
    CHECK(ecm_fft_power_f32(device, x, mean, taper, work, power) == ECM_OK);
    if (taper == NULL) {
        CHECK(ecm_fft_r2c_f32(device, x, bins) == ECM_OK);
    } else {
        CHECK(ecm_fft_r2c_taper_f32(device, x, mean, taper, bins) == ECM_OK);
    }
    bins[2 * n] = bins[1];
    bins[2 * n + 1] = 0.0f;
    bins[1] = 0.0f;
    free(work);
}

/* Less the mean, as the device takes it off before a transform. */
static void subtract(float *x, size_t count, float mean) {
    size_t i;
    for (i = 0; i < count; i++) {
        x[i] -= mean;
    }
}

/* With a mean but no taper, the engine takes off the mean first. */
static void expect_centred(const ecm_fft_plan_t *device, const float *x, float mean,
                           float *bins, float *power) {
    size_t len = 2 * (size_t)device->len;
    float *row = floats(len);
    memcpy(row, x, len * sizeof *row);
    subtract(row, len, mean);
    expect(device, row, NULL, 0.0f, bins, power);
    free(row);
}

static void check_rows(const ecm_host_fft_plan_t *plan, const float *x, uint32_t rows,
                       uint32_t hop, const float *taper, bool centre) {
    const ecm_fft_plan_t *device = plan->device;
    size_t n = device->len, bins_len = 2 * n + 2, power_len = n + 1, i;
    float *bins = floats(rows * bins_len), *power = floats(rows * power_len);
    float *one = floats(bins_len), *one_power = floats(power_len);
    CHECK(ecm_host_fft_r2c_f32(plan, x, hop, rows, taper, centre, 2, bins) == ECM_OK);
    CHECK(ecm_host_fft_power_f32(plan, x, hop, rows, taper, centre, 1, power) ==
          ECM_OK);
    for (i = 0; i < rows; i++) {
        const float *row = x + i * hop;
        float mean = centre ? ecm_stats_mean_f32(row, (uint32_t)(2 * n)) : 0.0f;
        if (taper == NULL && centre) {
            expect_centred(device, row, mean, one, one_power);
        } else {
            expect(device, row, taper, mean, one, one_power);
        }
        CHECK(same(bins + i * bins_len, one, bins_len));
        CHECK(same(power + i * power_len, one_power, power_len));
    }
    free(bins);
    free(power);
    free(one);
    free(one_power);
}

/* Packed rows, with the mean taken off on the way in. */
static void check_packed(const ecm_host_fft_plan_t *plan, const float *x, uint32_t rows,
                         bool centre) {
    size_t len = 2 * (size_t)plan->n, i;
    float *out = floats(rows * len), *one = floats(len), *row = floats(len);
    float *mean = noise(rows);
    CHECK(ecm_host_fft_packed_f32(plan, x, (ptrdiff_t)len, rows, centre ? mean : NULL,
                                  2, out, len) == ECM_OK);
    for (i = 0; i < rows; i++) {
        memcpy(row, x + i * len, len * sizeof *row);
        if (centre) {
            subtract(row, len, mean[i]);
        }
        CHECK(ecm_fft_r2c_f32(plan->device, row, one) == ECM_OK);
        CHECK(same(out + i * len, one, len));
    }
    free(out);
    free(one);
    free(row);
    free(mean);
}

/* Complex rows, written apart from each other; between them nothing is written. */
static void check_complex(const ecm_fft_plan_t *device, int32_t isa, bool inverse,
                          uint32_t rows) {
    ecm_host_fft_plan_t plan;
    uint32_t plan_len = ecm_host_fft_plan_len(device->len);
    size_t len = 2 * (size_t)device->len, i, gap = 3;
    float *memory = floats(plan_len), *x = noise(rows * len);
    float *out = noise(rows * (len + gap) - gap), *one = floats(len), *before;
    CHECK(ecm_host_fft_plan_init(&plan, device,
                                 inverse ? ECM_HOST_FFT_INVERSE : ECM_HOST_FFT_FORWARD,
                                 isa, memory, plan_len) == ECM_OK);
    CHECK(device->len < 64U || isa == ECM_HOST_ISA_SCALAR || plan.lanes_len != 0U);
    before = floats(rows * (len + gap) - gap);
    memcpy(before, out, (rows * (len + gap) - gap) * sizeof *out);
    CHECK(ecm_host_fft_c2c_f32(&plan, x, (ptrdiff_t)len, rows, 2, out, len + gap) ==
          ECM_OK);
    for (i = 0; i < rows; i++) {
        const float *row = out + i * (len + gap);
        CHECK(ecm_fft_c2c_f32(device, x + i * len, one, inverse) == ECM_OK);
        CHECK(same(row, one, len));
        if (i + 1 < rows) {
            CHECK(same(row + len, before + i * (len + gap) + len, gap));
        }
    }
    free(memory);
    free(x);
    free(out);
    free(one);
    free(before);
}

static void check_length(uint32_t n, int32_t isa) {
    static const uint32_t counts[] = {1, 2, 3, 9, 19};
    ecm_fft_plan_t device;
    ecm_host_fft_plan_t plan;
    uint32_t device_len = ecm_fft_plan_len(n, true);
    uint32_t plan_len = ecm_host_fft_plan_len(n), i, count = n > 1024U ? 3U : 5U;
    float *device_memory = floats(device_len + 1U), *memory = floats(plan_len);
    float *taper = noise(2 * (size_t)n);
    CHECK(ecm_fft_plan_init(&device, n, true, device_memory, device_len) == ECM_OK);
    CHECK(ecm_host_fft_plan_init(&plan, &device, ECM_HOST_FFT_REAL, isa, memory,
                                 plan_len - 1U) == ECM_ERR_FULL);
    CHECK(ecm_host_fft_plan_init(&plan, &device, ECM_HOST_FFT_REAL, isa, memory,
                                 plan_len) == ECM_OK);
    CHECK(n < 128U || isa == ECM_HOST_ISA_SCALAR || plan.lanes_len != 0U);
    for (i = 0; i < count; i++) {
        uint32_t hop = 2U * n - (i % 2U) * (n / 2U);
        size_t x_len = 2 * (size_t)n + (size_t)hop * (counts[i] - 1U);
        float *x = noise(x_len);
        check_rows(&plan, x, counts[i], hop, NULL, i % 2U == 1U);
        check_rows(&plan, x, counts[i], hop, taper, i % 2U == 0U);
        free(x);
        x = noise(2 * (size_t)n * counts[i]);
        check_packed(&plan, x, counts[i], false);
        check_packed(&plan, x, counts[i], true);
        free(x);
        check_complex(&device, isa, false, counts[i]);
        check_complex(&device, isa, true, counts[i]);
    }
    free(device_memory);
    free(memory);
    free(taper);
}

static void check_refusals_of_plans(void) {
    float memory[64];
    ecm_fft_plan_t device;
    ecm_host_fft_plan_t plan;
    uint32_t len = ecm_host_fft_plan_len(8);
    float *tables = floats(len);
    CHECK(ecm_host_fft_plan_len(7) == 0U && ecm_host_fft_plan_len(16384) == 0U);
    CHECK(ecm_fft_plan_init(&device, 8, true, memory, 64) == ECM_OK);
    CHECK(ecm_host_fft_plan_init(NULL, &device, 0, 0, tables, len) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_plan_init(&plan, NULL, 0, 0, tables, len) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_plan_init(&plan, &device, 0, 0, NULL, len) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_plan_init(&plan, &device, -1, 0, tables, len) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_plan_init(&plan, &device, 3, 0, tables, len) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_plan_init(&plan, &device, 0, -1, tables, len) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_plan_init(&plan, &device, 0, ecm_host_isa() + 1, tables, len) ==
          ECM_ERR_ARG);
    /* The plan of complex data has no factors of the recombination. */
    CHECK(ecm_fft_plan_init(&device, 8, false, memory, 64) == ECM_OK);
    CHECK(ecm_host_fft_plan_init(&plan, &device, 0, 0, tables, len) == ECM_ERR_NULL);
    free(tables);
}

static void check_refusals_of_rows(void) {
    float memory[64], x[16] = {0.0f}, out[18], taper[16] = {0.0f};
    ecm_fft_plan_t device;
    ecm_host_fft_plan_t plan, complex;
    uint32_t len = ecm_host_fft_plan_len(8);
    float *tables = floats(len), *more = floats(len);
    CHECK(ecm_fft_plan_init(&device, 8, true, memory, 64) == ECM_OK);
    CHECK(ecm_host_fft_plan_init(&plan, &device, 0, 0, tables, len) == ECM_OK);
    CHECK(ecm_host_fft_plan_init(&complex, &device, 2, 0, more, len) == ECM_OK);
    CHECK(ecm_host_fft_r2c_f32(NULL, x, 16, 1, NULL, false, 1, out) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_r2c_f32(&plan, NULL, 16, 1, NULL, false, 1, out) ==
          ECM_ERR_NULL);
    CHECK(ecm_host_fft_r2c_f32(&plan, x, 16, 1, NULL, false, 1, NULL) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_r2c_f32(&plan, x, 16, 1, NULL, false, 0, out) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_r2c_f32(&complex, x, 16, 1, NULL, false, 1, out) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_power_f32(&plan, x, 16, 1, taper, true, 257, out) ==
          ECM_ERR_ARG);
    CHECK(ecm_host_fft_power_f32(&plan, NULL, 16, 0, taper, true, 1, NULL) == ECM_OK);
    CHECK(ecm_host_fft_packed_f32(NULL, x, 16, 1, NULL, 1, out, 16) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_packed_f32(&plan, x, 16, 1, NULL, 1, out, 15) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_packed_f32(&complex, x, 16, 1, NULL, 1, out, 16) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_c2c_f32(NULL, x, 16, 1, 1, out, 16) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_c2c_f32(&complex, NULL, 16, 1, 1, out, 16) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_c2c_f32(&complex, x, 16, 1, 1, out, 15) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_c2c_f32(&plan, x, 16, 1, 1, out, 16) == ECM_ERR_ARG);
    free(tables);
    free(more);
}

static uint8_t touched[1000];

static void touch(const void *task, uint32_t first, uint32_t rows) {
    uint32_t i;
    CHECK(task == touched && rows >= 1U);
    for (i = first; i < first + rows; i++) {
        touched[i]++;
    }
}

/* Every row is in one piece, however many there are. */
static void check_pieces(void) {
    uint32_t rows, threads, i;
    for (rows = 0; rows <= 1000U; rows += 37U) {
        for (threads = 1; threads <= 64U; threads *= 4U) {
            memset(touched, 0, sizeof touched);
            CHECK(ecm_host_run(touch, touched, rows, 3, threads) == ECM_OK);
            for (i = 0; i < sizeof touched; i++) {
                CHECK(touched[i] == (i < rows ? 1 : 0));
            }
        }
    }
    CHECK(ecm_host_run(NULL, touched, 1, 1, 1) == ECM_ERR_NULL);
    CHECK(ecm_host_run(touch, touched, 1, 0, 1) == ECM_ERR_ARG);
    CHECK(ecm_host_run(touch, touched, 0x80000000U, 1, 1) == ECM_ERR_LENGTH);
}

int main(void) {
    uint32_t n;
    int32_t isa;
    check_refusals_of_plans();
    check_refusals_of_rows();
    check_pieces();
    for (isa = ECM_HOST_ISA_SCALAR; isa <= ecm_host_isa(); isa++) {
        for (n = 8; n <= ECM_FFT_LEN_MAX; n += 8U) {
            if (ecm_fft_is_length(n)) {
                check_length(n, isa);
            }
        }
    }
    printf("%d\n", ecm_host_isa());
    return 0;
}
