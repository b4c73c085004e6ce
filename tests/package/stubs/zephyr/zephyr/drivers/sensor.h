/* sensor.h - Zephyr: as much of its sensors as the sample calls. */
#ifndef ZEPHYR_DRIVERS_SENSOR_H
#define ZEPHYR_DRIVERS_SENSOR_H

#include <stdint.h>
#include <zephyr/device.h>

enum sensor_channel { SENSOR_CHAN_ACCEL_X, SENSOR_CHAN_ACCEL_Y, SENSOR_CHAN_ACCEL_Z };
struct sensor_value {
    int32_t val1;
    int32_t val2;
};
int sensor_sample_fetch(const struct device *dev);
int sensor_channel_get(const struct device *dev, enum sensor_channel channel,
                       struct sensor_value *value);
int32_t sensor_ms2_to_ug(const struct sensor_value *ms2);
float sensor_value_to_float(const struct sensor_value *value);

#endif
