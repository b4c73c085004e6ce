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
        expect(device, row, taper, mean, one, one_power);
        CHECK(same(bins + i * bins_len, one, bins_len));
        CHECK(same(power + i * power_len, one_power, power_len));
    }
    free(bins);
    free(power);
    free(one);
    free(one_power);
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
    CHECK(ecm_host_fft_plan_init(&plan, &device, isa, memory, plan_len - 1U) ==
          ECM_ERR_FULL);
    CHECK(ecm_host_fft_plan_init(&plan, &device, isa, memory, plan_len) == ECM_OK);
    CHECK(n < 128U || isa == ECM_HOST_ISA_SCALAR || plan.lanes_len != 0U);
    for (i = 0; i < count; i++) {
        uint32_t hop = 2U * n - (i % 2U) * (n / 2U);
        size_t x_len = 2 * (size_t)n + (size_t)hop * (counts[i] - 1U);
        float *x = noise(x_len);
        check_rows(&plan, x, counts[i], hop, NULL, false);
        check_rows(&plan, x, counts[i], hop, taper, i % 2U == 0U);
        free(x);
    }
    free(device_memory);
    free(memory);
    free(taper);
}

static void check_refusals(void) {
    float memory[64], x[16], out[18], taper[16];
    ecm_fft_plan_t device;
    ecm_host_fft_plan_t plan;
    float *tables = floats(ecm_host_fft_plan_len(8));
    uint32_t len = ecm_host_fft_plan_len(8);
    CHECK(ecm_host_fft_plan_len(7) == 0U && ecm_host_fft_plan_len(16384) == 0U);
    CHECK(ecm_fft_plan_init(&device, 8, true, memory, 64) == ECM_OK);
    CHECK(ecm_host_fft_plan_init(NULL, &device, 0, tables, len) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_plan_init(&plan, NULL, 0, tables, len) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_plan_init(&plan, &device, 0, NULL, len) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_plan_init(&plan, &device, -1, tables, len) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_plan_init(&plan, &device, ecm_host_isa() + 1, tables, len) ==
          ECM_ERR_ARG);
    CHECK(ecm_host_fft_plan_init(&plan, &device, 0, tables, len) == ECM_OK);
    CHECK(ecm_host_fft_r2c_f32(NULL, x, 16, 1, NULL, false, 1, out) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_r2c_f32(&plan, NULL, 16, 1, NULL, false, 1, out) ==
          ECM_ERR_NULL);
    CHECK(ecm_host_fft_r2c_f32(&plan, x, 16, 1, NULL, false, 1, NULL) == ECM_ERR_NULL);
    CHECK(ecm_host_fft_r2c_f32(&plan, x, 16, 1, NULL, true, 1, out) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_r2c_f32(&plan, x, 16, 1, NULL, false, 0, out) == ECM_ERR_ARG);
    CHECK(ecm_host_fft_power_f32(&plan, x, 16, 1, taper, true, 257, out) ==
          ECM_ERR_ARG);
    CHECK(ecm_host_fft_power_f32(&plan, NULL, 16, 0, taper, true, 1, NULL) == ECM_OK);
    /* The plan of complex data has no factors of the recombination. */
    CHECK(ecm_fft_plan_init(&device, 8, false, memory, 64) == ECM_OK);
    CHECK(ecm_host_fft_plan_init(&plan, &device, 0, tables, len) == ECM_ERR_NULL);
    free(tables);
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
    check_refusals();
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
