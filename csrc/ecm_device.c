/* ecm_device.c - see ecm_device.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "ecm_device.h"
#include "ecm_bits.h"
#include "ecm_bytes.h"
#include "ecm_math.h"
#include "ecm_trig.h"

#define DEVICE_RADIAN 0x1.1df46ap-6f /* pi / 180 */
#define DEVICE_CRC_BYTES 4U

static bool device_speed_ok(const ecm_device_t *device) {
    uint32_t source = device->speed_source;
    bool needed =
        source == ECM_DEVICE_SPEED_FIXED || source == ECM_DEVICE_SPEED_ESTIMATED;
    return source <= ECM_DEVICE_SPEED_GIVEN &&
           ecm_math_isfinite_f32(device->speed_hz) &&
           ecm_math_isfinite_f32(device->pulses_per_turn) && device->speed_hz >= 0.0f &&
           device->pulses_per_turn >= 0.0f && (!needed || device->speed_hz > 0.0f) &&
           (source != ECM_DEVICE_SPEED_TACHO || device->pulses_per_turn > 0.0f);
}

static bool device_bearing_ok(const ecm_device_t *device) {
    if (device->balls == 0U) {
        return device->ball_mm == 0.0f && device->pitch_mm == 0.0f &&
               device->contact_deg == 0.0f;
    }
    return device->balls >= 3U && device->ball_mm > 0.0f &&
           ecm_math_isfinite_f32(device->pitch_mm) &&
           device->ball_mm < device->pitch_mm && device->contact_deg >= 0.0f &&
           device->contact_deg < 90.0f;
}

ecm_status_t ecm_device_check(const ecm_device_t *device) {
    uint32_t i;
    ECM_REQUIRE(device != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(device->channels_len >= 1U &&
                    device->channels_len <= ECM_DEVICE_CHANNELS_MAX,
                ECM_ERR_LENGTH);
    ECM_REQUIRE(device_speed_ok(device) && device_bearing_ok(device) &&
                    device->reserved == 0U,
                ECM_ERR_ARG);
    for (i = 0; i < device->channels_len; i++) {
        ECM_REQUIRE(ecm_math_isfinite_f32(device->sensitivity[i]) &&
                        device->sensitivity[i] != 0.0f &&
                        ecm_math_isfinite_f32(device->offset[i]),
                    ECM_ERR_ARG);
    }
    return ECM_OK;
}

/* ---- bytes -------------------------------------------------------------------------
 */

static void device_put(uint8_t *to, float x) {
    ecm_bytes_put(to, ecm_bits_from_f32(x), 4);
}

static float device_get(const uint8_t *from) {
    return ecm_bits_to_f32(ecm_bytes_get(from, 4));
}

ecm_status_t ecm_device_encode(const ecm_device_t *device, uint8_t *buf, uint32_t max,
                               uint32_t *bytes) {
    uint32_t i, n;
    ecm_status_t status = ecm_device_check(device);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(buf != NULL && bytes != NULL, ECM_ERR_NULL);
    n = ECM_DEVICE_BYTES((uint32_t)device->channels_len);
    ECM_REQUIRE(n <= max, ECM_ERR_FULL);
    ecm_bytes_put(buf, device->device_id, 4);
    ecm_bytes_put(buf + 4, device->key_id, 4);
    ecm_bytes_put(buf + 8, device->channels_len, 2);
    ecm_bytes_put(buf + 10, device->speed_source, 2);
    device_put(buf + 12, device->speed_hz);
    device_put(buf + 16, device->pulses_per_turn);
    ecm_bytes_put(buf + 20, device->balls, 2);
    ecm_bytes_put(buf + 22, device->reserved, 2);
    device_put(buf + 24, device->ball_mm);
    device_put(buf + 28, device->pitch_mm);
    device_put(buf + 32, device->contact_deg);
    for (i = 0; i < device->channels_len; i++) {
        device_put(buf + ECM_DEVICE_HEAD_BYTES + 8U * i, device->sensitivity[i]);
        device_put(buf + ECM_DEVICE_HEAD_BYTES + 8U * i + 4U, device->offset[i]);
    }
    n -= DEVICE_CRC_BYTES;
    ecm_bytes_put(buf + n, ecm_state_crc32(0, buf, n), DEVICE_CRC_BYTES);
    *bytes = n + DEVICE_CRC_BYTES;
    return ECM_OK;
}

ecm_status_t ecm_device_decode(ecm_device_t *device, const uint8_t *data,
                               uint32_t bytes) {
    ecm_device_t found;
    uint32_t i, sum;
    ecm_status_t status;
    ECM_REQUIRE(device != NULL && data != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(bytes >= ECM_DEVICE_BYTES(1U) && bytes <= ECM_DEVICE_BYTES_MAX,
                ECM_ERR_FORMAT);
    memset(&found, 0, sizeof found);
    found.channels_len = (uint16_t)ecm_bytes_get(data + 8, 2);
    ECM_REQUIRE(bytes == ECM_DEVICE_BYTES((uint32_t)found.channels_len),
                ECM_ERR_FORMAT);
    sum = ecm_bytes_get(data + bytes - DEVICE_CRC_BYTES, DEVICE_CRC_BYTES);
    ECM_REQUIRE(sum == ecm_state_crc32(0, data, bytes - DEVICE_CRC_BYTES),
                ECM_ERR_FORMAT);
    found.device_id = ecm_bytes_get(data, 4);
    found.key_id = ecm_bytes_get(data + 4, 4);
    found.speed_source = (uint16_t)ecm_bytes_get(data + 10, 2);
    found.speed_hz = device_get(data + 12);
    found.pulses_per_turn = device_get(data + 16);
    found.balls = (uint16_t)ecm_bytes_get(data + 20, 2);
    found.reserved = (uint16_t)ecm_bytes_get(data + 22, 2);
    found.ball_mm = device_get(data + 24);
    found.pitch_mm = device_get(data + 28);
    found.contact_deg = device_get(data + 32);
    for (i = 0; i < found.channels_len; i++) {
        found.sensitivity[i] = device_get(data + ECM_DEVICE_HEAD_BYTES + 8U * i);
        found.offset[i] = device_get(data + ECM_DEVICE_HEAD_BYTES + 8U * i + 4U);
    }
    status = ecm_device_check(&found);
    ECM_REQUIRE(status == ECM_OK, status);
    *device = found;
    return ECM_OK;
}

ecm_status_t ecm_device_save(const ecm_device_t *device,
                             const ecm_state_store_t *store) {
    uint8_t raw[ECM_DEVICE_BYTES_MAX];
    uint32_t bytes = 0;
    ecm_status_t status = ecm_device_encode(device, raw, sizeof raw, &bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    return ecm_state_save(store, ECM_DEVICE_STATE_TYPE, raw, bytes);
}

ecm_status_t ecm_device_load(ecm_device_t *device, const ecm_state_store_t *store) {
    uint8_t raw[ECM_DEVICE_BYTES_MAX];
    uint32_t bytes = 0;
    ecm_status_t status;
    ECM_REQUIRE(device != NULL, ECM_ERR_NULL);
    status = ecm_state_load(store, ECM_DEVICE_STATE_TYPE, raw, sizeof raw, &bytes);
    ECM_REQUIRE(status == ECM_OK, status);
    return ecm_device_decode(device, raw, bytes);
}

/* ---- what follows from it ----------------------------------------------------------
 */

ecm_status_t ecm_device_bearing_orders(const ecm_device_t *device,
                                       ecm_device_orders_t *orders) {
    float r, ftf, balls;
    ecm_status_t status = ecm_device_check(device);
    ECM_REQUIRE(status == ECM_OK, status);
    ECM_REQUIRE(orders != NULL, ECM_ERR_NULL);
    ECM_REQUIRE(device->balls > 0U, ECM_ERR_STATE);
    balls = (float)device->balls;
    r = device->ball_mm / device->pitch_mm *
        ecm_trig_cos_f32(device->contact_deg * DEVICE_RADIAN);
    ftf = (1.0f - r) * 0.5f;
    orders->bpfo = balls * ftf;
    orders->bpfi = balls * (1.0f - ftf);
    orders->bsf = device->pitch_mm / (2.0f * device->ball_mm) * (1.0f - r * r);
    orders->ftf = ftf;
    return ECM_OK;
}

ecm_status_t ecm_device_scale_f32(const ecm_device_t *device, uint32_t channel,
                                  float *x, uint32_t x_len) {
    uint32_t i;
    ECM_REQUIRE(device != NULL && (x != NULL || x_len == 0U), ECM_ERR_NULL);
    ECM_REQUIRE(channel < device->channels_len && channel < ECM_DEVICE_CHANNELS_MAX,
                ECM_ERR_ARG);
    for (i = 0; i < x_len; i++) {
        x[i] = (x[i] - device->offset[channel]) * device->sensitivity[channel];
    }
    return ECM_OK;
}
