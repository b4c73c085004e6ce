/* esp_timer.h - as much of ESP-IDF's timer as the example calls. */
#ifndef ESP_TIMER_H
#define ESP_TIMER_H

#include <stdint.h>

typedef int esp_err_t;
typedef struct esp_timer *esp_timer_handle_t;
typedef struct {
    void (*callback)(void *arg);
    void *arg;
    const char *name;
} esp_timer_create_args_t;
esp_err_t esp_timer_create(const esp_timer_create_args_t *args,
                           esp_timer_handle_t *timer);
esp_err_t esp_timer_start_periodic(esp_timer_handle_t timer, uint64_t period_us);
void app_main(void);
#define ESP_ERROR_CHECK(x) (void)(x)

#endif
