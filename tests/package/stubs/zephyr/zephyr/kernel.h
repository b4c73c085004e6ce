/* kernel.h - as much of Zephyr's kernel as the sample calls. */
#ifndef ZEPHYR_KERNEL_H
#define ZEPHYR_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define CONFIG_ECM_PUMP_REPORT_S 3600

typedef struct {
    int64_t ticks;
} k_timeout_t;
struct k_timer {
    void (*expiry)(struct k_timer *timer);
    void (*stop)(struct k_timer *timer);
};
struct k_thread {
    int priority;
};
typedef char k_thread_stack_t;
typedef struct k_thread *k_tid_t;
typedef void (*k_thread_entry_t)(void *p1, void *p2, void *p3);
#define K_TIMER_DEFINE(name, expiry, stop) struct k_timer name = {expiry, stop}
#define K_THREAD_STACK_DEFINE(name, size) static k_thread_stack_t name[size]
#define K_THREAD_STACK_SIZEOF(name) sizeof(name)
#define K_PRIO_COOP(x) (-16 + (x))
#define K_NO_WAIT ((k_timeout_t){0})
#define K_USEC(t) ((k_timeout_t){t})
void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period);
uint32_t k_timer_status_sync(struct k_timer *timer);
k_tid_t k_thread_create(struct k_thread *thread, k_thread_stack_t *stack, size_t bytes,
                        k_thread_entry_t entry, void *p1, void *p2, void *p3, int prio,
                        uint32_t options, k_timeout_t delay);
int64_t k_uptime_get(void);
int32_t k_msleep(int32_t ms);

#endif
