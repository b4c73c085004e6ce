"""Version and status of the device library."""

from ecmkit._core cimport ecm


def version() -> tuple[int, int, int]:
    """Return ``ECM_VERSION_MAJOR``, ``_MINOR`` and ``_PATCH``."""
    return (ecm.ECM_VERSION_MAJOR, ecm.ECM_VERSION_MINOR, ecm.ECM_VERSION_PATCH)


def status_name(int status) -> str:
    """Return the C name of a status, such as ``ECM_ERR_ARG``."""
    if status == ecm.ECM_OK:
        return "ECM_OK"
    if status == ecm.ECM_MORE:
        return "ECM_MORE"
    if status == ecm.ECM_ERR_NULL:
        return "ECM_ERR_NULL"
    if status == ecm.ECM_ERR_ARG:
        return "ECM_ERR_ARG"
    if status == ecm.ECM_ERR_LENGTH:
        return "ECM_ERR_LENGTH"
    if status == ecm.ECM_ERR_FULL:
        return "ECM_ERR_FULL"
    if status == ecm.ECM_ERR_STATE:
        return "ECM_ERR_STATE"
    if status == ecm.ECM_ERR_FORMAT:
        return "ECM_ERR_FORMAT"
    return f"status {status}"


def status_text(int status) -> str:
    """Return what a status means, as ``ecm_base.h`` says it."""
    if status == ecm.ECM_OK:
        return "done"
    if status == ecm.ECM_MORE:
        return "done; more input or another call is needed"
    if status == ecm.ECM_ERR_NULL:
        return "a required pointer is NULL"
    if status == ecm.ECM_ERR_ARG:
        return "a value is outside its documented range"
    if status == ecm.ECM_ERR_LENGTH:
        return "a length is not supported"
    if status == ecm.ECM_ERR_FULL:
        return "the buffer that was given is too small, or full"
    if status == ecm.ECM_ERR_STATE:
        return "the state was not initialised, or by other settings"
    if status == ecm.ECM_ERR_FORMAT:
        return "stored or received bytes are not of the stated format"
    return "unknown"
