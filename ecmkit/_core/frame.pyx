"""Telemetry frames: ``ecm_frame.h``."""

from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

from ecmkit._core cimport ecm_answer, ecm_device
from ecmkit._core.base cimport check, same_length
from ecmkit._core.mac cimport authenticate

VERSION = <int>ecm_device.ECM_FRAME_VERSION
MIN_BYTES = <int>ecm_device.ECM_FRAME_MIN_BYTES
FULL_BYTES = <int>ecm_device.ECM_FRAME_FULL_BYTES
ID_BYTES = <int>ecm_device.ECM_FRAME_ID_BYTES
MAC_BYTES = <int>ecm_device.ECM_FRAME_MAC_BYTES
NO_CLASS = <int>ecm_device.ECM_FRAME_NO_CLASS
RATIOS_MAX = <int>ecm_device.ECM_FRAME_RATIOS_MAX
SKETCHES_MAX = <int>ecm_device.ECM_FRAME_SKETCHES_MAX
VALUES_MAX = <int>ecm_device.ECM_FRAME_VALUES_MAX
UPDATE_MAX = <int>ecm_device.ECM_FRAME_UPDATE_MAX
DIFFERENCES_MAX = <int>ecm_device.ECM_FRAME_DIFFERENCES_MAX
SHADOW_TURN = <int>ecm_device.ECM_FRAME_SHADOW_TURN
BINS_MAX = <int>ecm_device.ECM_FRAME_BINS_MAX
CLASSES = <int>ecm_device.ECM_FRAME_CLASSES
RESULT_MAX = <int>ecm_answer.ECM_FRAME_RESULT_MAX


def encode(
    *,
    uint32_t device_id,
    uint32_t contract_id,
    uint32_t model_id,
    uint16_t seq,
    uint32_t uptime_s,
    uint16_t health,
    uint16_t alarms,
    uint16_t class_id,
    float score,
    float drift,
    const float[::1] values,
    uint16_t update,
    const float[::1] ratios,
    list sketches,
    tuple shadow,
    mac,
    uint32_t buf_bytes,
) -> tuple[bytes, int, bool]:
    """Encode a status frame into at most `buf_bytes` bytes.

    Parameters
    ----------
    device_id, contract_id, model_id, seq, uptime_s, health, alarms, class_id
        See ``ecm_frame_t``.
    score, drift : float
        Sent as binary16.
    values : ndarray of float32, shape (n_values,)
        Of regressions; at most `VALUES_MAX`.
    update : int
        How the last update ended, 0 ... `UPDATE_MAX`.
    ratios : ndarray of float32, shape (n_monitors,)
        Statistics over their limits; at most `RATIOS_MAX`.
    sketches : list of (int, ndarray of uint16)
        Feature and counters of each, in the order of their turns; at most
        `SKETCHES_MAX`, of at most `BINS_MAX` bins.
    shadow : (int, int or None, ndarray of float32) or None
        Of challengers: windows compared; of these with the same class, None without
        classes; mean differences, at most `DIFFERENCES_MAX`.
    mac : callable or None
        bytes -> code of at least `MAC_BYTES` bytes.
    buf_bytes : int
        Budget, at least `MIN_BYTES`.

    Returns
    -------
    frame : bytes
    sent : int
        Sketches in it.
    shadow_sent : bool
        Whether `shadow` is in it.

    Raises
    ------
    ValueError
        If the device library refuses a value, or the budget is too small.
    """
    cdef ecm_device.ecm_frame_t frame
    cdef ecm_device.ecm_frame_sketch_t[23] turns
    cdef uint16_t[23][64] counts
    cdef const uint16_t[::1] row
    cdef uint8_t[1024] buf
    cdef uint32_t length = 0
    cdef ecm_device.ecm_frame_sent_t sent
    cdef ecm_device.ecm_frame_shadow_t compared
    cdef const float[::1] differences
    cdef uint8_t[31] item
    cdef ecm_device.ecm_frame_mac_fn_t function = NULL
    if values.shape[0] > VALUES_MAX:
        raise ValueError(f"values has length {values.shape[0]}, expected <= {VALUES_MAX}")
    if ratios.shape[0] > RATIOS_MAX:
        raise ValueError(f"ratios has length {ratios.shape[0]}, expected <= {RATIOS_MAX}")
    if len(sketches) > SKETCHES_MAX:
        raise ValueError(f"sketches has length {len(sketches)}, expected <= 23")
    for i, (feature, row) in enumerate(sketches):
        if not 1 <= row.shape[0] <= BINS_MAX:
            raise ValueError(f"sketches[{i}] has {row.shape[0]} bins, expected 2 ... 64")
        memcpy(counts[<int>i], &row[0], row.shape[0] * sizeof(uint16_t))
        turns[<int>i].count = counts[<int>i]
        turns[<int>i].bins = <uint16_t>row.shape[0]
        turns[<int>i].feature = feature
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
    frame.values = &values[0] if values.shape[0] else NULL
    frame.values_len = <uint16_t>values.shape[0]
    frame.update = update
    frame.ratios = &ratios[0] if ratios.shape[0] else NULL
    frame.ratios_len = <uint16_t>ratios.shape[0]
    frame.sketches = turns
    frame.sketches_len = <uint16_t>len(sketches)
    frame.shadow = NULL
    frame.shadow_bytes = frame.shadow_least = 0
    if shadow is not None:
        windows, agreed, differences = shadow
        compared.windows = windows
        compared.agreed = 0 if agreed is None else agreed
        compared.classes = agreed is not None
        compared.differences_len = <uint16_t>differences.shape[0]
        compared.differences = &differences[0] if differences.shape[0] else NULL
        check(
            ecm_device.ecm_frame_encode_shadow(
                &compared, item, &frame.shadow_bytes, &frame.shadow_least
            )
        )
        frame.shadow = item
    buf_bytes = min(buf_bytes, <uint32_t>sizeof(buf))
    call = [mac, None]
    if mac is not None:
        function = authenticate
    status = ecm_device.ecm_frame_encode(
        &frame, function, <void *>call, buf,
        buf_bytes, &length, &sent,
    )
    if call[1] is not None:
        raise call[1]
    check(status)
    return <bytes>buf[:length], sent.sketches, sent.shadow != 0


def encode_join(
    *,
    uint32_t device_id,
    bytes contract_id,
    bytes model_id,
    uint16_t seq,
    uint16_t features_len,
    mac,
    uint32_t buf_bytes,
) -> bytes:
    """Encode a join frame into at most `buf_bytes` bytes.

    Parameters
    ----------
    device_id, seq, features_len : int
        See ``ecm_frame_join_t``.
    contract_id, model_id : bytes
        `ID_BYTES` each.
    mac : callable or None
        bytes -> code of at least `MAC_BYTES` bytes.
    buf_bytes : int
        Capacity; `MIN_BYTES` suffices.

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
    cdef ecm_device.ecm_frame_mac_fn_t function = NULL
    same_length("contract_id", len(contract_id), ecm_device.ECM_FRAME_ID_BYTES)
    same_length("model_id", len(model_id), ecm_device.ECM_FRAME_ID_BYTES)
    join.device_id = device_id
    memcpy(join.contract_id, <const char *>contract_id, sizeof(join.contract_id))
    memcpy(join.model_id, <const char *>model_id, sizeof(join.model_id))
    join.seq = seq
    join.features_len = features_len
    buf_bytes = min(buf_bytes, <uint32_t>sizeof(buf))
    call = [mac, None]
    if mac is not None:
        function = authenticate
    status = ecm_device.ecm_frame_encode_join(
        &join, function, <void *>call, buf, buf_bytes,
        &length,
    )
    if call[1] is not None:
        raise call[1]
    check(status)
    return <bytes>buf[:length]


def encode_answer(
    *,
    uint32_t device_id,
    uint32_t contract_id,
    uint32_t model_id,
    uint16_t seq,
    uint32_t uptime_s,
    uint32_t command,
    uint32_t kind,
    tuple values,
    uint16_t result,
    mac,
    uint32_t buf_bytes,
) -> bytes:
    """Encode an answer into at most `buf_bytes` bytes.

    Parameters
    ----------
    device_id, contract_id, model_id, seq, uptime_s, command, kind : int
        See ``ecm_frame_answer_t``.
    values : tuple of (int, int)
        Of the command.
    result : int
        0 ... `RESULT_MAX`.
    mac : callable or None
        bytes -> code of at least `MAC_BYTES` bytes.
    buf_bytes : int
        Capacity; `MIN_BYTES` suffices.

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        If the device library refuses the result, or the capacity is too small.
    """
    cdef ecm_answer.ecm_frame_answer_t answer
    cdef uint8_t[51] buf
    cdef uint32_t length = 0
    cdef ecm_device.ecm_frame_mac_fn_t function = NULL
    answer.device_id = device_id
    answer.contract_id = contract_id
    answer.model_id = model_id
    answer.seq = seq
    answer.uptime_s = uptime_s
    answer.command = command
    answer.kind = kind
    answer.value[0], answer.value[1] = values
    answer.result = result
    buf_bytes = min(buf_bytes, <uint32_t>sizeof(buf))
    call = [mac, None]
    if mac is not None:
        function = authenticate
    status = ecm_answer.ecm_frame_encode_answer(
        &answer, function, <void *>call, buf, buf_bytes, &length
    )
    if call[1] is not None:
        raise call[1]
    check(status)
    return <bytes>buf[:length]
