/* kernel.h - as much of Zephyr's kernel as the sample calls. */
#ifndef ZEPHYR_KERNEL_H
#define ZEPHYR_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include <zephyr/sys/printk.h>

typedef struct {
    int64_t ticks;
} k_timeout_t;
typedef void (*k_thread_entry_t)(void *p1, void *p2, void *p3);
typedef void (*k_stub_entry_t)(void);
struct k_thread {
    k_stub_entry_t entry; /* Zephyr casts what it is given to k_thread_entry_t */
    int priority;
};
#define K_THREAD_DEFINE(name, stack_size, entry, p1, p2, p3, prio, options, delay)     \
    char name##_stack[stack_size];                                                     \
    struct k_thread name = {(k_stub_entry_t)(entry), (prio) + (options) + (delay)}
#define K_PRIO_COOP(x) (-16 + (x))
#define K_TIMEOUT_ABS_US(t) ((k_timeout_t){(int64_t)(t)})
int32_t k_sleep(k_timeout_t timeout);
int32_t k_msleep(int32_t ms);

#endif
