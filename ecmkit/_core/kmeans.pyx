"""Distance to the nearest centroid: ``ecm_kmeans.h``."""

from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_device
from ecmkit._core.base cimport check, same_length


def distance_f32(
    const float[:, ::1] centroids,
    const float[:, ::1] x,
    float[::1] distance,
    uint32_t[::1] cluster,
) -> None:
    """Nearest centroid and its Euclidean distance, for each row of `x`.

    Parameters
    ----------
    centroids : ndarray of float32, shape (n_clusters, n_features)
        At least one.
    x : ndarray of float32, shape (n, n_features)
        Features.
    distance : ndarray of float32, shape (n,)
        Written, in the unit of `x`.
    cluster : ndarray of uint32, shape (n,)
        Written.

    Raises
    ------
    ValueError
        If shapes disagree or the device library refuses.
    """
    cdef ecm_device.ecm_kmeans_t model
    cdef ecm.ecm_status_t status = ecm.ECM_OK
    cdef Py_ssize_t i, n = x.shape[0]
    same_length("a row of x", x.shape[1], centroids.shape[1])
    same_length("distance", distance.shape[0], n)
    same_length("cluster", cluster.shape[0], n)
    if centroids.shape[0] == 0 or centroids.shape[1] == 0:
        raise ValueError("centroids is empty, expected at least one")
    model.centroids = &centroids[0, 0]
    model.clusters_len = <uint16_t>centroids.shape[0]
    model.features_len = <uint16_t>centroids.shape[1]
    with nogil:
        for i in range(n):
            status = ecm_device.ecm_kmeans_distance_f32(
                &model, &x[i, 0], &distance[i], &cluster[i]
            )
            if status < 0:
                break
    check(status)
