/* test_ecm_device.c - a device's record, over a wire and in flash.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_device.h"
#include "ecm_test.h"
#include "ecm_test_flash.h"

void test_ecm_device(void);

#define SLOT ((uint32_t)ECM_STATE_SLOT_BYTES(ECM_DEVICE_BYTES(2U)))

static ecm_device_t record(void) {
    ecm_device_t device;
    memset(&device, 0, sizeof device);
    device.device_id = 0x01020304U;
    device.key_id = 5;
    device.channels_len = 2;
    device.speed_source = ECM_DEVICE_SPEED_TACHO;
    device.speed_hz = 29.95f;
    device.pulses_per_turn = 2.5f;
    device.balls = 9;
    device.ball_mm = 7.94f;
    device.pitch_mm = 39.04f;
    device.contact_deg = 15.0f;
    device.sensitivity[0] = 0.01f;
    device.sensitivity[1] = -0.0125f;
    device.offset[1] = 3.5f;
    return device;
}

static bool same(const ecm_device_t *a, const ecm_device_t *b) {
    return test_flash_same((const uint8_t *)a, (const uint8_t *)b, sizeof *a);
}

static void test_bytes(void) {
    ecm_device_t device = record(), found;
    uint8_t raw[ECM_DEVICE_BYTES_MAX];
    uint32_t bytes, bit, n;
    ECM_CHECK(ecm_device_encode(&device, raw, sizeof raw, &bytes) == ECM_OK);
    ECM_CHECK(bytes == ECM_DEVICE_BYTES(2U));
    ecm_test_bytes("device bytes", raw, bytes);
    ECM_CHECK(ecm_device_decode(&found, raw, bytes) == ECM_OK && same(&found, &device));
    memset(&found, 0x55, sizeof found);
    for (bit = 0; bit < 8U * bytes; bit++) {
        raw[bit / 8U] = (uint8_t)(raw[bit / 8U] ^ 1U << bit % 8U);
        ECM_CHECK(ecm_device_decode(&found, raw, bytes) == ECM_ERR_FORMAT);
        raw[bit / 8U] = (uint8_t)(raw[bit / 8U] ^ 1U << bit % 8U);
    }
    for (n = 0; n < sizeof raw; n++) {
        ECM_CHECK(n == bytes || ecm_device_decode(&found, raw, n) == ECM_ERR_FORMAT);
    }
    ECM_CHECK(found.device_id == 0x55555555U);
    ECM_CHECK(ecm_device_encode(&device, raw, bytes - 1U, &n) == ECM_ERR_FULL);
    device.channels_len = ECM_DEVICE_CHANNELS_MAX;
    for (n = 0; n < ECM_DEVICE_CHANNELS_MAX; n++) {
        device.sensitivity[n] = 1.0f;
    }
    ECM_CHECK(ecm_device_encode(&device, raw, sizeof raw, &bytes) == ECM_OK);
    ECM_CHECK(bytes == ECM_DEVICE_BYTES_MAX);
    ECM_CHECK(ecm_device_decode(&found, raw, bytes) == ECM_OK && same(&found, &device));
}

/* Cut at every byte, the record of before is there or the new one. */
static void test_cuts(void) {
    uint8_t bytes[2 * (20 + ECM_DEVICE_BYTES(2))];
    ecm_device_t device = record(), found;
    test_flash_t flash;
    ecm_state_store_t store = test_flash_store(&flash, bytes, 2, SLOT, 1);
    uint32_t power, round, cuts = 0;
    memset(&found, 0, sizeof found);
    ECM_CHECK(ecm_device_load(&found, &store) == ECM_ERR_STATE);
    for (round = 1; round < 4U; round++) {
        device.key_id = round;
        for (power = 0;; power++) {
            ecm_status_t status;
            flash.power = power;
            flash.upwards = power % 2U == 0U;
            status = ecm_device_save(&device, &store);
            flash.power = TEST_FLASH_ON;
            if (status == ECM_OK) {
                break;
            }
            cuts++;
            status = ecm_device_load(&found, &store);
            ECM_CHECK(status == (round == 1U ? ECM_ERR_STATE : ECM_OK));
            ECM_CHECK(found.key_id == round - 1U);
        }
        ECM_CHECK(ecm_device_load(&found, &store) == ECM_OK && same(&found, &device));
    }
    ecm_test_u32("device cuts", cuts);
}

static void test_what_follows(void) {
    ecm_device_t device = record();
    ecm_device_orders_t orders;
    float x[3] = {3.5f, 4.5f, -100.25f};
    ECM_CHECK(ecm_device_bearing_orders(&device, &orders) == ECM_OK);
    ecm_test_f32("device bpfo", orders.bpfo);
    ecm_test_f32("device bpfi", orders.bpfi);
    ecm_test_f32("device bsf", orders.bsf);
    ecm_test_f32("device ftf", orders.ftf);
    ECM_CHECK(ecm_device_scale_f32(&device, 1, x, 3) == ECM_OK);
    ECM_CHECK(x[0] == 0.0f && x[1] == -0.0125f);
    ecm_test_f32("device scale", x[2]);
    ECM_CHECK(ecm_device_scale_f32(&device, 2, x, 3) == ECM_ERR_ARG);
    ECM_CHECK(ecm_device_scale_f32(&device, 0, NULL, 3) == ECM_ERR_NULL);
    ECM_CHECK(ecm_device_bearing_orders(&device, NULL) == ECM_ERR_NULL);
    device.balls = 0;
    ECM_CHECK(ecm_device_bearing_orders(&device, &orders) == ECM_ERR_ARG);
    device.ball_mm = device.pitch_mm = device.contact_deg = 0.0f;
    ECM_CHECK(ecm_device_bearing_orders(&device, &orders) == ECM_ERR_STATE);
}

/* Each field outside its range. */
static void test_ranges(void) {
    const float nan = ecm_test_from_bits(0x7fc00000U);
    const float infinity = ecm_test_from_bits(0x7f800000U);
    float *field[8];
    float wrong[8];
    ecm_device_t device = record();
    uint32_t i;
    field[0] = &device.speed_hz, wrong[0] = -1.0f;
    field[1] = &device.pulses_per_turn, wrong[1] = 0.0f;
    field[2] = &device.ball_mm, wrong[2] = 39.04f;
    field[3] = &device.pitch_mm, wrong[3] = infinity;
    field[4] = &device.contact_deg, wrong[4] = 90.0f;
    field[5] = &device.sensitivity[0], wrong[5] = 0.0f;
    field[6] = &device.sensitivity[1], wrong[6] = nan;
    field[7] = &device.offset[0], wrong[7] = infinity;
    for (i = 0; i < 8U; i++) {
        float kept = *field[i];
        ECM_CHECK(ecm_device_check(&device) == ECM_OK);
        *field[i] = wrong[i];
        ECM_CHECK(ecm_device_check(&device) == ECM_ERR_ARG);
        *field[i] = nan;
        ECM_CHECK(ecm_device_check(&device) == ECM_ERR_ARG);
        *field[i] = kept;
    }
    device.speed_source = ECM_DEVICE_SPEED_FIXED;
    device.speed_hz = 0.0f;
    ECM_CHECK(ecm_device_check(&device) == ECM_ERR_ARG);
    device.speed_source = ECM_DEVICE_SPEED_GIVEN;
    ECM_CHECK(ecm_device_check(&device) == ECM_OK);
    device.speed_source = ECM_DEVICE_SPEED_GIVEN + 1;
    ECM_CHECK(ecm_device_check(&device) == ECM_ERR_ARG);
    device = record();
    device.balls = 2;
    ECM_CHECK(ecm_device_check(&device) == ECM_ERR_ARG);
    device = record();
    device.reserved = 1;
    ECM_CHECK(ecm_device_check(&device) == ECM_ERR_ARG);
    device.channels_len = 0;
    ECM_CHECK(ecm_device_check(&device) == ECM_ERR_LENGTH);
    device.channels_len = ECM_DEVICE_CHANNELS_MAX + 1;
    ECM_CHECK(ecm_device_check(&device) == ECM_ERR_LENGTH);
    ECM_CHECK(ecm_device_check(NULL) == ECM_ERR_NULL);
}

void test_ecm_device(void) {
    test_bytes();
    test_cuts();
    test_what_follows();
    test_ranges();
}
