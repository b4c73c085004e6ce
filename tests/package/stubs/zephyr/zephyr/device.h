/* device.h - Zephyr: as much of its devices as the sample names. */
#ifndef ZEPHYR_DEVICE_H
#define ZEPHYR_DEVICE_H

struct device {
    const char *name;
};
extern const struct device stub_vibration;
#define DT_ALIAS(name) stub_##name
#define DEVICE_DT_GET(node) (&node)

#endif
