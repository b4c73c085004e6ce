# cython: auto_pickle=False
"""Raw samples around an alarm, in chunks: ``ecm_snapshot.h``."""

cimport cython
from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_field, ecm_watch
from ecmkit._core.base cimport check
from ecmkit._core.flash cimport flash_open
from ecmkit._core.mac cimport authenticate

VERSION = <int>ecm_field.ECM_SNAPSHOT_VERSION
HEAD_BYTES = <int>ecm_field.ECM_SNAPSHOT_HEAD_BYTES
CHUNK_MIN = <int>ecm_field.ECM_SNAPSHOT_CHUNK_MIN
CHUNK_MAX = <int>ecm_field.ECM_SNAPSHOT_CHUNK_MAX
AROUND_BYTES = <int>ecm_field.ECM_SNAPSHOT_AROUND_BYTES
AROUND_MAC_BYTES = <int>ecm_field.ECM_SNAPSHOT_AROUND_MAC_BYTES


def slot_bytes(uint32_t samples_len, uint32_t sample_bytes) -> int:
    """Bytes of a slot of flash: ``ECM_SNAPSHOT_SLOT_BYTES``."""
    return ecm_field.ECM_SNAPSHOT_SLOT_BYTES(samples_len, sample_bytes)


@cython.final
cdef class Recorder:
    """The samples that one channel keeps, as a device does, and a slot of flash.

    Parameters
    ----------
    device_id, before_len, after_len, fs_hz, scale, sample_bytes, channel, chunk_bytes
        See ``ecm_snapshot_cfg_t``.
    mac : callable or None
        bytes -> code of at least 4 bytes.
    slot : bytes-like of uint8
        What the flash holds; copied, may be empty.

    Raises
    ------
    ValueError
        If the device library refuses the settings.

    Attributes
    ----------
    image : bytearray
        What the flash holds now.
    """

    cdef ecm_field.ecm_snapshot_cfg_t _cfg
    cdef ecm_field.ecm_snapshot_t _st
    cdef ecm_watch.ecm_state_store_t _store
    cdef uint8_t[::1] _mem
    cdef uint8_t[::1] _memory
    cdef list _call
    cdef readonly bytearray image

    def __cinit__(
        self, *, uint32_t device_id, uint32_t before_len, uint32_t after_len,
        float fs_hz, float scale, uint16_t sample_bytes, uint16_t channel,
        uint16_t chunk_bytes, mac, const uint8_t[::1] slot,
    ):
        self._cfg.device_id = device_id
        self._cfg.before_len = before_len
        self._cfg.after_len = after_len
        self._cfg.fs_hz = fs_hz
        self._cfg.scale = scale
        self._cfg.sample_bytes = sample_bytes
        self._cfg.channel = channel
        self._cfg.chunk_bytes = chunk_bytes
        self._call = [mac, None]
        self._cfg.mac = NULL
        self._cfg.mac_user = <void *>self._call
        if mac is not None:
            self._cfg.mac = authenticate
        check(ecm_field.ecm_snapshot_init(&self._st, &self._cfg))
        self._mem = bytearray((before_len + after_len) * sample_bytes)
        self.image = bytearray(slot)
        self._memory = bytearray(16) if slot.shape[0] == 0 else self.image
        flash_open(&self._store, &self._memory[0], <uint32_t>slot.shape[0])

    @property
    def crc(self) -> int:
        """CRC-32 of the snapshot, once it is sealed."""
        return self._st.crc

    def push_f32(self, const float[::1] x) -> None:
        """Take samples."""
        cdef const float *first = &x[0] if x.shape[0] else NULL
        check(
            ecm_field.ecm_snapshot_push_f32(
                &self._st, &self._cfg, &self._mem[0], first, <uint32_t>x.shape[0]
            )
        )

    def push_s16(self, const int16_t[::1] x) -> None:
        """Take samples."""
        cdef const int16_t *first = &x[0] if x.shape[0] else NULL
        check(
            ecm_field.ecm_snapshot_push_s16(
                &self._st, &self._cfg, &self._mem[0], first, <uint32_t>x.shape[0]
            )
        )

    def trigger(self, uint32_t ago, uint32_t cause, uint32_t time_s) -> None:
        """Let there be a snapshot around `ago` samples before the next one."""
        check(
            ecm_field.ecm_snapshot_trigger(&self._st, &self._cfg, ago, cause, time_s)
        )

    def trigger_at(self, uint32_t position, uint32_t cause, uint32_t time_s) -> None:
        """Let there be a snapshot around a sample, counted from the first one."""
        check(
            ecm_field.ecm_snapshot_trigger_at(
                &self._st, &self._cfg, position, cause, time_s
            )
        )

    def seal(self) -> int | None:
        """Chunks of the snapshot; None while it is not complete."""
        cdef uint32_t chunks = 0
        cdef ecm.ecm_status_t status = ecm_field.ecm_snapshot_seal(
            &self._st, &self._cfg, &self._mem[0], &chunks
        )
        check(status)
        return None if status == ecm.ECM_MORE else chunks

    def seal_some(self, uint32_t n) -> int | None:
        """Read so many bytes of it; chunks of the snapshot, None until all are read."""
        cdef uint32_t chunks = 0
        cdef ecm.ecm_status_t status = ecm_field.ecm_snapshot_seal_some(
            &self._st, &self._cfg, &self._mem[0], n, &chunks
        )
        check(status)
        return None if status == ecm.ECM_MORE else chunks

    def chunk(self, uint32_t number) -> bytes:
        """Give a chunk away."""
        cdef uint8_t[1024] buf
        cdef uint32_t length = 0
        cdef ecm.ecm_status_t status = ecm_field.ecm_snapshot_chunk(
            &self._st, &self._cfg, &self._mem[0], number, buf, sizeof(buf), &length
        )
        return self._checked(status, <bytes>buf[:length])

    def rearm(self) -> None:
        """Forget the snapshot."""
        check(ecm_field.ecm_snapshot_rearm(&self._st))

    def keep(self) -> None:
        """Write the snapshot to the slot."""
        check(
            ecm_field.ecm_snapshot_keep(
                &self._st, &self._cfg, &self._mem[0], &self._store
            )
        )

    def keep_some(self, uint32_t at, uint32_t n) -> int:
        """Write so many bytes to the slot; where to go on, 0 once all are written."""
        check(
            ecm_field.ecm_snapshot_keep_some(
                &self._st, &self._cfg, &self._mem[0], &self._store, &at, n
            )
        )
        return at

    def kept(self) -> int | None:
        """Chunks of the snapshot in the slot; None if there is none."""
        cdef uint32_t chunks = 0
        cdef ecm.ecm_status_t status = ecm_field.ecm_snapshot_kept(
            &self._cfg, &self._store, &chunks
        )
        check(status)
        return None if status == ecm.ECM_MORE else chunks

    def kept_chunk(self, uint32_t number) -> bytes:
        """Give a chunk of the snapshot in the slot away."""
        cdef uint8_t[1024] buf
        cdef uint32_t length = 0
        cdef ecm.ecm_status_t status = ecm_field.ecm_snapshot_kept_chunk(
            &self._cfg, &self._store, number, buf, sizeof(buf), &length
        )
        return self._checked(status, <bytes>buf[:length])

    cdef bytes _checked(self, ecm.ecm_status_t status, bytes frame):
        """The frame, or what the callable or the library refused with."""
        error = self._call[1]
        self._call[1] = None
        if error is not None:
            raise error
        check(status)
        return frame
