/* kernel.h - as much of Zephyr's kernel as the sample calls. */
#ifndef ZEPHYR_KERNEL_H
#define ZEPHYR_KERNEL_H

#include <stdint.h>

#define CONFIG_ECM_PUMP_REPORT_S 3600

typedef struct {
    int64_t ticks;
} k_timeout_t;
struct k_timer {
    void (*expiry)(struct k_timer *timer);
    void (*stop)(struct k_timer *timer);
};
#define K_TIMER_DEFINE(name, expiry, stop) struct k_timer name = {expiry, stop}
#define K_USEC(t) ((k_timeout_t){t})
#define K_MSEC(t) ((k_timeout_t){(t) * 1000})
#define ARG_UNUSED(x) (void)(x)
void k_timer_start(struct k_timer *timer, k_timeout_t duration, k_timeout_t period);
int64_t k_uptime_get(void);
int32_t k_sleep(k_timeout_t timeout);

#endif
