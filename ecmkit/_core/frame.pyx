"""Telemetry frames: ``ecm_frame.h``."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from ecmkit._core cimport ecm_device
from ecmkit._core.base cimport check, same_length

VERSION = <int>ecm_device.ECM_FRAME_VERSION
MAX_BYTES = <int>ecm_device.ECM_FRAME_MAX_BYTES
ID_BYTES = <int>ecm_device.ECM_FRAME_ID_BYTES


def encode(
    *,
    uint32_t device_id,
    uint32_t contract_id,
    uint32_t model_id,
    uint16_t seq,
    uint32_t uptime_s,
    uint8_t health,
    uint8_t alarms,
    uint8_t class_id,
    float score,
    float drift,
    uint8_t feature,
    const uint16_t[::1] counts,
    uint32_t buf_bytes,
) -> bytes:
    """Encode a status frame into at most `buf_bytes` bytes.

    Parameters
    ----------
    device_id, contract_id, model_id, seq, uptime_s, health, alarms, class_id, feature
        See ``ecm_frame_t``.
    score, drift : float
        Sent as binary16.
    counts : ndarray of uint16, shape (8,)
        At most 4095 each.
    buf_bytes : int
        Capacity, at most `MAX_BYTES`.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the device library refuses a value, or the capacity is too small.
    """
    cdef ecm_device.ecm_frame_t frame
    cdef uint8_t[51] buf
    cdef uint32_t length = 0
    same_length("counts", counts.shape[0], ecm_device.ECM_FRAME_BINS)
    if buf_bytes > ecm_device.ECM_FRAME_MAX_BYTES:
        raise ValueError(f"buf_bytes is {buf_bytes}, expected at most {MAX_BYTES}")
    frame.device_id = device_id
    frame.contract_id = contract_id
    frame.model_id = model_id
    frame.seq = seq
    frame.uptime_s = uptime_s
    frame.health = health
    frame.alarms = alarms
    frame.class_id = class_id
    frame.score = score
    frame.drift = drift
    frame.feature = feature
    frame.reserved = 0
    memcpy(frame.count, &counts[0], sizeof(frame.count))
    check(ecm_device.ecm_frame_encode(&frame, buf, buf_bytes, &length))
    return <bytes>buf[:length]


def encode_join(
    *,
    uint32_t device_id,
    bytes contract_id,
    bytes model_id,
    uint16_t seq,
    uint16_t features_len,
    uint32_t buf_bytes,
) -> bytes:
    """Encode a join frame into at most `buf_bytes` bytes.

    Parameters
    ----------
    device_id, seq, features_len : int
        See ``ecm_frame_join_t``.
    contract_id, model_id : bytes
        `ID_BYTES` each.
    buf_bytes : int
        Capacity, at most `MAX_BYTES`.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If an id has another length, or the capacity is too small.
    """
    cdef ecm_device.ecm_frame_join_t join
    cdef uint8_t[51] buf
    cdef uint32_t length = 0
    same_length("contract_id", len(contract_id), ecm_device.ECM_FRAME_ID_BYTES)
    same_length("model_id", len(model_id), ecm_device.ECM_FRAME_ID_BYTES)
    if buf_bytes > ecm_device.ECM_FRAME_MAX_BYTES:
        raise ValueError(f"buf_bytes is {buf_bytes}, expected at most {MAX_BYTES}")
    join.device_id = device_id
    memcpy(join.contract_id, <const char *>contract_id, sizeof(join.contract_id))
    memcpy(join.model_id, <const char *>model_id, sizeof(join.model_id))
    join.seq = seq
    join.features_len = features_len
    check(ecm_device.ecm_frame_encode_join(&join, buf, buf_bytes, &length))
    return <bytes>buf[:length]
