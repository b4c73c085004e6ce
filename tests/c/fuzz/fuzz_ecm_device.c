/* fuzz_ecm_device.c - records of any values, bytes of any kind.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_device.h"
#include "ecm_fuzz_flash.h"

void fuzz_ecm_device(void);

static float value(float plain) {
    return ecm_fuzz_once_in(24) ? ecm_fuzz_f32() : plain;
}

static void make(ecm_device_t *device) {
    uint32_t i;
    memset(device, 0, sizeof *device);
    device->device_id = ecm_fuzz_u32();
    device->channels_len =
        (uint16_t)(ecm_fuzz_once_in(9) ? ecm_fuzz_len(65535) : 1U + ecm_fuzz_below(16));
    device->speed_source = (uint16_t)ecm_fuzz_below(6);
    device->speed_hz = value(10.0f);
    device->pulses_per_turn = value(1.0f);
    if (ecm_fuzz_once_in(2)) {
        device->balls = (uint16_t)ecm_fuzz_below(20);
        device->ball_mm = value(5.0f);
        device->pitch_mm = value(20.0f);
        device->contact_deg = value(10.0f);
    }
    for (i = 0; i < ECM_DEVICE_CHANNELS_MAX; i++) {
        device->sensitivity[i] = value(1.0f);
        device->offset[i] = value(0.0f);
    }
}

static void use(const ecm_device_t *device, ecm_device_orders_t *orders) {
    uint32_t n = ecm_fuzz_len(20);
    float *x = ecm_fuzz_array_f32(n);
    ecm_fuzz_watch(orders, sizeof *orders);
    ecm_fuzz_judge(ecm_device_bearing_orders(device, orders));
    (void)ecm_device_scale_f32(device, ecm_fuzz_below(18), ecm_fuzz_or_null(x), n);
}

void fuzz_ecm_device(void) {
    ecm_device_t device, *found = ecm_fuzz_bytes(sizeof *found);
    uint32_t room = ecm_fuzz_len(ECM_DEVICE_BYTES_MAX), bytes = 0;
    uint8_t *raw = ecm_fuzz_bytes(room);
    fuzz_flash_t flash;
    ecm_state_store_t store = fuzz_flash_store(&flash, 2, 20U + ecm_fuzz_len(200));
    make(&device);
    ecm_fuzz_watch(found, sizeof *found);
    if (ecm_device_encode(ecm_fuzz_or_null(&device), raw, room, &bytes) == ECM_OK) {
        ECM_FUZZ_CHECK(ecm_device_check(&device) == ECM_OK && bytes <= room);
        if (ecm_fuzz_once_in(4)) {
            raw[ecm_fuzz_below(bytes)] ^= (uint8_t)(1U << ecm_fuzz_below(8));
        }
    }
    ecm_fuzz_judge(ecm_device_decode(found, raw, ecm_fuzz_once_in(4) ? room : bytes));
    if (ecm_device_save(&device, &store) == ECM_OK) {
        ecm_fuzz_judge(ecm_device_load(found, &store));
    }
    ecm_fuzz_judge(ecm_device_load(found, &store));
    use(&device, ecm_fuzz_bytes(sizeof(ecm_device_orders_t)));
}
