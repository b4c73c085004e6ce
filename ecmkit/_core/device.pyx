# cython: auto_pickle=False
"""What one device is: ``ecm_device.h``."""

cimport cython
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memset

from ecmkit._core cimport ecm_field
from ecmkit._core.base cimport check
from ecmkit._core.state cimport Store

CHANNELS_MAX = <int>ecm_field.ECM_DEVICE_CHANNELS_MAX
STATE_TYPE = <int>ecm_field.ECM_DEVICE_STATE_TYPE
HEAD_BYTES = <int>ecm_field.ECM_DEVICE_HEAD_BYTES
BYTES_MAX = <int>ecm_field.ECM_DEVICE_BYTES_MAX
STATE_BYTES = <int>sizeof(ecm_field.ecm_device_t)
SPEED_NONE = <int>ecm_field.ECM_DEVICE_SPEED_NONE
SPEED_FIXED = <int>ecm_field.ECM_DEVICE_SPEED_FIXED
SPEED_TACHO = <int>ecm_field.ECM_DEVICE_SPEED_TACHO
SPEED_ESTIMATED = <int>ecm_field.ECM_DEVICE_SPEED_ESTIMATED
SPEED_GIVEN = <int>ecm_field.ECM_DEVICE_SPEED_GIVEN


def record_bytes(uint32_t channels_len) -> int:
    """Bytes of a record: ``ECM_DEVICE_BYTES``."""
    return ecm_field.ECM_DEVICE_BYTES(channels_len)


@cython.final
cdef class Device:
    """A record; see ``ecm_device_t``.

    Parameters
    ----------
    device_id, key_id, speed_source, speed_hz, pulses_per_turn, balls, ball_mm, pitch_mm
        See ``ecm_device_t``.
    contact_deg
        See ``ecm_device_t``.
    channels : sequence of (float, float)
        Sensitivity and offset of each; more than `CHANNELS_MAX` are refused.

    Raises
    ------
    ValueError
        If the device library refuses the record.
    """

    cdef ecm_field.ecm_device_t _device

    def __cinit__(
        self, *, uint32_t device_id, uint32_t key_id, uint16_t speed_source,
        float speed_hz, float pulses_per_turn, uint16_t balls, float ball_mm,
        float pitch_mm, float contact_deg, channels,
    ):
        memset(&self._device, 0, sizeof(self._device))
        self._device.device_id = device_id
        self._device.key_id = key_id
        self._device.channels_len = <uint16_t>len(channels)
        self._device.speed_source = speed_source
        self._device.speed_hz = speed_hz
        self._device.pulses_per_turn = pulses_per_turn
        self._device.balls = balls
        self._device.ball_mm = ball_mm
        self._device.pitch_mm = pitch_mm
        self._device.contact_deg = contact_deg
        for i, (sensitivity, offset) in enumerate(channels[:CHANNELS_MAX]):
            self._device.sensitivity[<int>i] = sensitivity
            self._device.offset[<int>i] = offset
        check(ecm_field.ecm_device_check(&self._device))

    def encode(self) -> bytes:
        """Write the record as bytes."""
        cdef uint8_t[256] raw
        cdef uint32_t length = 0
        check(
            ecm_field.ecm_device_encode(&self._device, raw, sizeof(raw), &length)
        )
        return <bytes>raw[:length]

    def decode(self, const uint8_t[::1] data) -> None:
        """Take what came over a wire; ValueError leaves all as it was."""
        cdef uint8_t none = 0
        cdef const uint8_t *first = &data[0] if data.shape[0] else &none
        check(
            ecm_field.ecm_device_decode(
                &self._device, first, <uint32_t>data.shape[0]
            )
        )

    def save(self, Store store) -> None:
        """Keep the record."""
        check(ecm_field.ecm_device_save(&self._device, &store._store))

    def load(self, Store store) -> None:
        """Take the record that was kept last."""
        check(ecm_field.ecm_device_load(&self._device, &store._store))

    def bearing_orders(self) -> tuple[float, float, float, float]:
        """Orders BPFO, BPFI, BSF and FTF; ValueError without a bearing."""
        cdef ecm_field.ecm_device_orders_t orders
        check(ecm_field.ecm_device_bearing_orders(&self._device, &orders))
        return (orders.bpfo, orders.bpfi, orders.bsf, orders.ftf)

    def scale_f32(self, uint32_t channel, float[::1] x) -> None:
        """Bring samples of the sensor to the unit of the plan, in place."""
        cdef float *first = &x[0] if x.shape[0] else NULL
        check(
            ecm_field.ecm_device_scale_f32(
                &self._device, channel, first, <uint32_t>x.shape[0]
            )
        )
