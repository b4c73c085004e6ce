/* FreeRTOS.h - FreeRTOS. */
#ifndef STUB_FREERTOS_H
#define STUB_FREERTOS_H

typedef unsigned TickType_t;

#endif
