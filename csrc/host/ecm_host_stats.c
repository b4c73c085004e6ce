/* ecm_host_stats.c - see ecm_host_stats.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_host_stats.h"

#define STATS_BLOCK 64U /* rows of a kernel's call */

typedef struct {
    const float *x;
    float *out;
    size_t stride;
    uint32_t rows;
    uint32_t x_len;
    ecm_host_stats_sums_fn_t *sums_fn;
    uint32_t together; /* rows of a call of sums_fn */
} stats_task_t;

/* Results of rows that follow each other, field by field. */
static void stats_store(const stats_task_t *task, uint32_t row,
                        const ecm_stats_sums_t *sums, uint32_t rows) {
    float values[ECM_HOST_STATS_FIELDS][STATS_BLOCK];
    ecm_stats_time_t stats;
    float field[ECM_HOST_STATS_FIELDS];
    uint32_t i, j;
    for (j = 0; j < rows; j++) {
        (void)ecm_stats_finish_f32(&sums[j], task->x_len, &stats);
        memcpy(field, &stats, sizeof field);
        for (i = 0; i < (uint32_t)ECM_HOST_STATS_FIELDS; i++) {
            values[i][j] = field[i];
        }
    }
    for (i = 0; i < (uint32_t)ECM_HOST_STATS_FIELDS; i++) {
        memcpy(task->out + (size_t)i * task->rows + row, values[i],
               rows * sizeof(float));
    }
}

/* One window after the other, by the device's own code. */
static void stats_single(const void *argument, uint32_t first, uint32_t rows) {
    const stats_task_t *task = argument;
    ecm_stats_time_t stats;
    float field[ECM_HOST_STATS_FIELDS];
    uint32_t i, j;
    for (i = first; i < first + rows; i++) {
        (void)ecm_stats_time_f32(task->x + i * task->stride, task->x_len, &stats);
        memcpy(field, &stats, sizeof field);
        for (j = 0; j < (uint32_t)ECM_HOST_STATS_FIELDS; j++) {
            task->out[(size_t)j * task->rows + i] = field[j];
        }
    }
}

static void stats_together(const void *argument, uint32_t first, uint32_t rows) {
    const stats_task_t *task = argument;
    ecm_stats_sums_t sums[STATS_BLOCK];
    uint32_t end = first + rows, groups;
    for (;;) {
        rows = end - first < STATS_BLOCK ? end - first : STATS_BLOCK;
        groups = rows / task->together;
        if (groups == 0U) {
            break;
        }
        rows = groups * task->together;
        task->sums_fn(task->x + first * task->stride, task->stride, groups, task->x_len,
                      sums);
        stats_store(task, first, sums, rows);
        first += rows;
    }
    stats_single(task, first, end - first);
}

/* The kernel of an instruction set and its rows; none for the device's own code. */
static void stats_choose(stats_task_t *task, int32_t isa) {
    task->sums_fn = NULL;
    task->together = 1;
#if defined(ECM_HOST_VECTORS)
    if (isa == ECM_HOST_ISA_BASE) {
        task->sums_fn = ecm_host_stats_sums_base;
    }
#if defined(__x86_64__)
    if (isa == ECM_HOST_ISA_AVX2) {
        task->sums_fn = ecm_host_stats_sums_avx2;
        task->together = 2;
    } else if (isa == ECM_HOST_ISA_AVX512) {
        task->sums_fn = ecm_host_stats_sums_avx512;
        task->together = 4;
    }
#endif
#endif
    if (task->x_len == 0U || task->x_len % 4U != 0U) {
        task->sums_fn = NULL;
    }
}

ecm_status_t ecm_host_stats_time_f32(const float *x, uint32_t rows, uint32_t x_len,
                                     size_t stride, int32_t isa, uint32_t threads,
                                     float *out) {
    stats_task_t task;
    ECM_REQUIRE(rows == 0U || (out != NULL && (x != NULL || x_len == 0U)),
                ECM_ERR_NULL);
    ECM_REQUIRE(isa >= ECM_HOST_ISA_SCALAR && isa <= ecm_host_isa(), ECM_ERR_ARG);
    task.x = x;
    task.out = out;
    task.stride = stride;
    task.rows = rows;
    task.x_len = x_len;
    stats_choose(&task, isa);
    return ecm_host_run(task.sums_fn != NULL ? stats_together : stats_single, &task,
                        rows, STATS_BLOCK, threads);
}
