/* ecm_host_stats.c - see ecm_host_stats.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_host_stats.h"

#define STATS_MOST_ROWS 4U   /* of a kernel's call */
#define STATS_LEAST_ROWS 64U /* that are worth a thread */

typedef struct {
    const float *x;
    float *out;
    size_t stride;
    uint32_t rows;
    uint32_t x_len;
    ecm_host_stats_sums_fn_t *sums_fn;
    uint32_t together; /* rows of a call of sums_fn */
} stats_task_t;

static void stats_store(const stats_task_t *task, uint32_t row,
                        const ecm_stats_time_t *stats) {
    const float *field = &stats->mean;
    uint32_t i;
    for (i = 0; i < (uint32_t)ECM_HOST_STATS_FIELDS; i++) {
        task->out[(size_t)i * task->rows + row] = field[i];
    }
}

/* One window after the other, by the device's own code. */
static void stats_single(const void *argument, uint32_t first, uint32_t rows) {
    const stats_task_t *task = argument;
    ecm_stats_time_t stats;
    uint32_t i;
    for (i = first; i < first + rows; i++) {
        (void)ecm_stats_time_f32(task->x + i * task->stride, task->x_len, &stats);
        stats_store(task, i, &stats);
    }
}

static void stats_together(const void *argument, uint32_t first, uint32_t rows) {
    const stats_task_t *task = argument;
    ecm_stats_sums_t sums[STATS_MOST_ROWS];
    ecm_stats_time_t stats;
    const float *row[STATS_MOST_ROWS];
    uint32_t i, j, end = first + rows;
    for (i = first; end - i >= task->together; i += task->together) {
        for (j = 0; j < task->together; j++) {
            row[j] = task->x + (i + j) * task->stride;
        }
        task->sums_fn(row, row[0] + task->together * task->stride, task->x_len, sums);
        for (j = 0; j < task->together; j++) {
            (void)ecm_stats_finish_f32(&sums[j], task->x_len, &stats);
            stats_store(task, i + j, &stats);
        }
    }
    stats_single(task, i, end - i);
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
                        rows, STATS_LEAST_ROWS, threads);
}
