/* task.h - FreeRTOS. */
#ifndef STUB_TASK_H
#define STUB_TASK_H

void vTaskDelay(unsigned ticks);

#endif
