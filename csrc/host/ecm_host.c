/* ecm_host.c - see ecm_host.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_host.h"

#include <pthread.h>

/* The work memory of a piece is on the stack; some C libraries give a thread little. */
#define HOST_STACK_BYTES (1U << 20)
#define HOST_PIECES 4U /* of a batch that are worth a thread */

/* A batch that threads take pieces of until none is left: one that starts late or is
 * held up does less, and nobody waits for it longer than for a piece. */
typedef struct {
    ecm_host_rows_fn_t rows_fn;
    const void *task;
    uint32_t rows;
    uint32_t piece;
    uint32_t pieces;
    uint32_t taken; /* pieces; by atomic operations only */
} host_batch_t;

int32_t ecm_host_isa(void) {
    int32_t isa = ECM_HOST_ISA_SCALAR;
#if defined(ECM_HOST_VECTORS)
    isa = ECM_HOST_ISA_BASE;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")) {
        isa = ECM_HOST_ISA_AVX512;
    } else if (__builtin_cpu_supports("avx2")) {
        isa = ECM_HOST_ISA_AVX2;
    }
#endif
#endif
    return isa;
}

static void *host_work(void *argument) {
    host_batch_t *batch = argument;
    for (;;) {
        uint32_t i = __atomic_fetch_add(&batch->taken, 1U, __ATOMIC_RELAXED), first;
        if (i >= batch->pieces) {
            return NULL;
        }
        first = i * batch->piece;
        batch->rows_fn(batch->task, first,
                       batch->rows - first < batch->piece ? batch->rows - first
                                                          : batch->piece);
    }
}

static bool host_start(pthread_t *thread, host_batch_t *batch) {
    pthread_attr_t attributes;
    bool started;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    (void)pthread_attr_setstacksize(&attributes, HOST_STACK_BYTES);
    started = pthread_create(thread, &attributes, host_work, batch) == 0;
    (void)pthread_attr_destroy(&attributes);
    return started;
}

ecm_status_t ecm_host_run(ecm_host_rows_fn_t rows_fn, const void *task, uint32_t rows,
                          uint32_t piece, uint32_t threads) {
    pthread_t others[ECM_HOST_MAX_THREADS];
    host_batch_t batch = {rows_fn, task, rows, piece, 0, 0};
    uint32_t count = 0;
    ECM_REQUIRE(rows_fn != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(piece >= 1U && threads >= 1U && threads <= ECM_HOST_MAX_THREADS,
                ECM_ERR_ARG);
    ECM_REQUIRE(rows <= INT32_MAX, ECM_ERR_LENGTH);
    batch.pieces = rows / piece + (rows % piece != 0U ? 1U : 0U);
    if (threads > batch.pieces / HOST_PIECES) {
        threads = batch.pieces / HOST_PIECES;
    }
    if (threads <= 1U) {
        if (rows != 0U) {
            rows_fn(task, 0, rows);
        }
        return ECM_OK;
    }
    while (count + 1U < threads && host_start(&others[count], &batch)) {
        count++;
    }
    (void)host_work(&batch);
    while (count > 0U) {
        (void)pthread_join(others[--count], NULL);
    }
    return ECM_OK;
}
