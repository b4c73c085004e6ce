/* ecm_device.h - what this one device is: sensors, bearing, source of the speed, key.
 *
 * Firmware is the same for all devices of a product. What differs is a record that is
 * written when a device is made or mounted, and again when a sensor is changed: over
 * any wire or as an image of its two slots of flash, without new firmware. The key
 * itself is not in it, only which of the platform's keys is this device's.
 *
 * The bytes are in docs/formats.md; `ecmkit.formats.encode_device` writes them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ECM_DEVICE_H
#define ECM_DEVICE_H

#include "ecm_base.h"
#include "ecm_state.h"

ECM_EXTERN_C_BEGIN

#define ECM_DEVICE_CHANNELS_MAX 16
#define ECM_DEVICE_STATE_TYPE 0x0401U /* of records: device, version 1 */
#define ECM_DEVICE_HEAD_BYTES 36
/* Bytes of a record of so many channels. */
#define ECM_DEVICE_BYTES(channels_len)                                                 \
    (ECM_DEVICE_HEAD_BYTES + 8U * (channels_len) + 4U)
#define ECM_DEVICE_BYTES_MAX ECM_DEVICE_BYTES(ECM_DEVICE_CHANNELS_MAX)

/* Where the shaft speed comes from. */
enum {
    ECM_DEVICE_SPEED_NONE = 0,      /* nothing needs it */
    ECM_DEVICE_SPEED_FIXED = 1,     /* speed_hz */
    ECM_DEVICE_SPEED_TACHO = 2,     /* pulses_per_turn pulses */
    ECM_DEVICE_SPEED_ESTIMATED = 3, /* from the vibration, around speed_hz */
    ECM_DEVICE_SPEED_GIVEN = 4      /* told by a controller */
};

/* Orders of the defects of a bearing: turns of the shaft to one event. */
typedef struct {
    float bpfo; /* balls passing a point of the outer race */
    float bpfi; /* balls passing a point of the inner race */
    float bsf;  /* spin of a ball */
    float ftf;  /* cage */
} ecm_device_orders_t;

typedef struct {
    uint32_t device_id;
    uint32_t key_id;       /* which of the platform's keys is this device's */
    uint16_t channels_len; /* 1 ... ECM_DEVICE_CHANNELS_MAX */
    uint16_t speed_source; /* ECM_DEVICE_SPEED_NONE ... */
    float speed_hz;        /* > 0 if it is fixed or estimated, else 0 or more */
    float pulses_per_turn; /* > 0 with a tacho, else 0 or more */
    uint16_t balls;        /* rolling elements, 3 or more; 0: no bearing is known */
    uint16_t reserved;     /* 0 */
    float ball_mm;         /* diameter, above 0; of no bearing 0, as all below */
    float pitch_mm;        /* diameter of the circle of their centres, above ball_mm */
    float contact_deg;     /* angle of contact, 0 up to below 90 */
    float sensitivity[ECM_DEVICE_CHANNELS_MAX]; /* unit of the plan for one of the
                                                   sensor; not 0, < 0: turned round */
    float offset[ECM_DEVICE_CHANNELS_MAX];      /* of the sensor, in its unit */
} ecm_device_t;
ECM_STATIC_ASSERT(sizeof(ecm_device_t) == 164, device_size);

/** Is this a device?
 *
 * device  [in] a record; of channels beyond channels_len nothing is asked
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_LENGTH on channels_len, ECM_ERR_ARG on a
 *           value outside its range.
 */
ecm_status_t ecm_device_check(const ecm_device_t *device);

/** Write a record as bytes.
 *
 * device  [in]  a record
 * buf     [out] the bytes
 * max     [in]  room there; ECM_DEVICE_BYTES_MAX suffices
 * bytes   [out] their number
 *
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, what ecm_device_check says, ECM_ERR_FULL.
 */
ecm_status_t ecm_device_encode(const ecm_device_t *device, uint8_t *buf, uint32_t max,
                               uint32_t *bytes);

/** Read a record that came over a wire.
 *
 * device  [out] the record, 0 in channels that it does not have; not written unless
 *               ECM_OK
 * data    [in]  what came
 * bytes   [in]  any number
 *
 * Context : any.
 * Returns : ECM_OK; ECM_ERR_NULL; ECM_ERR_FORMAT if the number of bytes or the checksum
 *           is wrong; or what ecm_device_check says.
 */
ecm_status_t ecm_device_decode(ecm_device_t *device, const uint8_t *data,
                               uint32_t bytes);

/** Keep a record in flash: see ecm_state.h.
 *
 * device  [in] a record
 * store   [in] memory with slots of ECM_STATE_SLOT_BYTES(ECM_DEVICE_BYTES_MAX), or of
 *              its number of channels
 *
 * Context : one caller per memory; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, what ecm_device_check says, or as ecm_state_save.
 */
ecm_status_t ecm_device_save(const ecm_device_t *device,
                             const ecm_state_store_t *store);

/** Read the record that was kept last, here or by the host.
 *
 * device  [out] the record; not written unless ECM_OK
 * store   [in]  memory
 *
 * Context : one caller per memory; not in an interrupt.
 * Returns : ECM_OK, ECM_ERR_NULL, what ecm_device_decode says, or as ecm_state_load:
 *           ECM_ERR_STATE before the device was provisioned.
 */
ecm_status_t ecm_device_load(ecm_device_t *device, const ecm_state_store_t *store);

/** Orders of the bearing's defects.
 *
 * device  [in]  a record
 * orders  [out] see there; times the shaft speed they are frequencies
 *
 * Formula : r = ball / pitch cos(contact); ftf = (1 - r) / 2; bpfo = balls ftf; bpfi =
 *           balls (1 - ftf); bsf = pitch / (2 ball) (1 - r^2): the outer race stands,
 *           nothing slips.
 * Numerics: single precision, in this order; the same bits on all targets.
 * Context : any.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_STATE if no bearing is known, what
 *           ecm_device_check says.
 */
ecm_status_t ecm_device_bearing_orders(const ecm_device_t *device,
                                       ecm_device_orders_t *orders);

/** Samples as the sensor gives them to the unit of the plan, in place.
 *
 * device  [in]     a record
 * channel [in]     below channels_len
 * x       [in,out] x_len samples: (x - offset) * sensitivity
 * x_len   [in]     0 does nothing
 *
 * Context : any, one caller per x.
 * Returns : ECM_OK, ECM_ERR_NULL, ECM_ERR_ARG on a channel that it does not have.
 */
ecm_status_t ecm_device_scale_f32(const ecm_device_t *device, uint32_t channel,
                                  float *x, uint32_t x_len);

ECM_EXTERN_C_END

#endif
