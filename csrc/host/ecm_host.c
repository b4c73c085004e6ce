/* ecm_host.c - see ecm_host.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_host.h"

#include <pthread.h>

/* The work memory of a share is on its stack; some C libraries give a thread little. */
#define HOST_STACK_BYTES (1U << 20)

typedef struct {
    ecm_host_rows_fn_t rows_fn;
    const void *task;
    uint32_t first;
    uint32_t rows;
    pthread_t thread;
    bool started;
} host_share_t;

int32_t ecm_host_isa(void) {
    int32_t isa = ECM_HOST_ISA_SCALAR;
#if defined(ECM_HOST_VECTORS)
    isa = ECM_HOST_ISA_BASE;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512dq")) {
        isa = ECM_HOST_ISA_AVX512;
    } else if (__builtin_cpu_supports("avx2")) {
        isa = ECM_HOST_ISA_AVX2;
    }
#endif
#endif
    return isa;
}

static void *host_work(void *argument) {
    const host_share_t *share = argument;
    share->rows_fn(share->task, share->first, share->rows);
    return NULL;
}

static void host_start(host_share_t *share) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return;
    }
    (void)pthread_attr_setstacksize(&attributes, HOST_STACK_BYTES);
    share->started = pthread_create(&share->thread, &attributes, host_work, share) == 0;
    (void)pthread_attr_destroy(&attributes);
}

ecm_status_t ecm_host_run(ecm_host_rows_fn_t rows_fn, const void *task, uint32_t rows,
                          uint32_t least, uint32_t threads) {
    host_share_t shares[ECM_HOST_MAX_THREADS];
    uint32_t i, first = 0, count;
    ECM_REQUIRE(rows_fn != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(least >= 1U && threads >= 1U && threads <= ECM_HOST_MAX_THREADS,
                ECM_ERR_ARG);
    count = rows / least < threads ? rows / least : threads;
    if (count <= 1U) {
        if (rows != 0U) {
            rows_fn(task, 0, rows);
        }
        return ECM_OK;
    }
    for (i = 0; i < count; i++) {
        host_share_t *share = &shares[i];
        share->rows_fn = rows_fn;
        share->task = task;
        share->first = first;
        share->rows = rows / count + (i < rows % count ? 1U : 0U);
        share->started = false;
        first += share->rows;
        if (i + 1U < count) {
            host_start(share);
        }
    }
    for (i = count; i-- > 0U;) { /* the last share is the caller's own */
        if (shares[i].started) {
            (void)pthread_join(shares[i].thread, NULL);
        } else {
            (void)host_work(&shares[i]);
        }
    }
    return ECM_OK;
}
