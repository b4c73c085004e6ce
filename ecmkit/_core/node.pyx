"""Sizes and constants of a whole device: ``ecm_node.h``.

A device runs on the host as a shared library of its settings, as the application does
(``_core.app``); this module says how to read what it gives.
"""

from libc.stdint cimport uint32_t

from ecmkit._core cimport ecm_node

SERVICES_MAX = <int>ecm_node.ECM_NODE_SERVICES_MAX
SPEED = <unsigned int>ecm_node.ECM_NODE_SPEED
NEWS = <int>ecm_node.ECM_NODE_NEWS
LEARNT = <int>ecm_node.ECM_NODE_LEARNT
REFUSED = <int>ecm_node.ECM_NODE_REFUSED
SNAPSHOT = <int>ecm_node.ECM_NODE_SNAPSHOT
KEPT_TYPE = <int>ecm_node.ECM_NODE_KEPT_TYPE
STATE_BYTES = <int>sizeof(ecm_node.ecm_node_t)
EVENT_BYTES = <int>sizeof(ecm_node.ecm_node_event_t)
FRAMES_BYTES = <int>sizeof(ecm_node.ecm_node_frames_t)
SNAPSHOT_BYTES = <int>sizeof(ecm_node.ecm_node_snapshot_t)
LEARN_BYTES = <int>sizeof(ecm_node.ecm_node_learn_t)


def slot_bytes(
    uint32_t monitor_words, uint32_t dist_words, uint32_t learn_words
) -> int:
    """Bytes of each slot of what is kept in a sleep: ``ECM_NODE_SLOT_BYTES``."""
    return ecm_node.ECM_NODE_SLOT_BYTES(monitor_words, dist_words, learn_words)
