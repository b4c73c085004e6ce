"""Linear maps of features: ``ecm_project.h``."""

from libc.stdint cimport uint16_t

from ecmkit._core cimport ecm, ecm_device
from ecmkit._core.base cimport check, same_length


def project_f32(
    const float[::1] mean,
    const float[:, ::1] components,
    const float[:, ::1] x,
    float[:, ::1] out,
) -> None:
    """Coordinates of each row of `x`.

    Parameters
    ----------
    mean : ndarray of float32, shape (n_features,)
        Subtracted first.
    components : ndarray of float32, shape (n_components, n_features)
        At least one.
    x : ndarray of float32, shape (n, n_features)
        Features.
    out : ndarray of float32, shape (n, n_components)
        Written; may not overlap `x`.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_device.ecm_project_t map
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0]
    same_length("mean", mean.shape[0], components.shape[1])
    same_length("a row of x", x.shape[1], components.shape[1])
    same_length("out", out.shape[0], n)
    same_length("a row of out", out.shape[1], components.shape[0])
    if not 0 < components.shape[0] <= 0xFFFF or not 0 < components.shape[1] <= 0xFFFF:
        raise ValueError(
            f"components is {components.shape[0]} x {components.shape[1]}, expected "
            "1 ... 65535 of each"
        )
    map.mean = &mean[0]
    map.components = &components[0, 0]
    map.features_len = <uint16_t>components.shape[1]
    map.components_len = <uint16_t>components.shape[0]
    with nogil:
        for i in range(n):
            status = ecm_device.ecm_project_f32(&map, &x[i, 0], &out[i, 0])
            if status < 0:
                break
    check(status)
