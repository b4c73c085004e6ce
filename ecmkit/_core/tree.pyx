# cython: auto_pickle=False
"""Decision forests as tables: ``ecm_tree.h``."""

cimport cython
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.stdint cimport uint16_t, uint32_t

from ecmkit._core cimport ecm, ecm_device, ecm_tree_blob
from ecmkit._core.base cimport check, same_length

LEAF = <int>ecm_device.ECM_TREE_LEAF


@cython.final
cdef class Forest:
    """The tables of a forest, copied.

    Parameters
    ----------
    threshold : ndarray of float32, shape (n_nodes,)
        Nodes of all trees, each tree in preorder; ``x <= threshold`` is the next node.
    feature : ndarray of uint16, shape (n_nodes,)
        Feature of each node; `LEAF` for a leaf.
    right : ndarray of uint16, shape (n_nodes,)
        The other branch, counted from the tree's root; of a leaf its row of `leaves`.
    roots : ndarray of uint32, shape (n_trees,)
        First node of each tree.
    leaves : ndarray of float32, shape (n_leaves, n_classes)
        Probabilities.
    features_len : int
        Number of features.

    Raises
    ------
    ValueError
        If lengths disagree, or a node points outside its tables or backwards.
    """

    cdef ecm_device.ecm_tree_forest_t _forest
    cdef ecm_device.ecm_tree_node_t *_nodes
    cdef object _keep

    def __cinit__(
        self,
        const float[::1] threshold,
        const uint16_t[::1] feature,
        const uint16_t[::1] right,
        const uint32_t[::1] roots,
        const float[:, ::1] leaves,
        uint16_t features_len,
    ):
        cdef Py_ssize_t i, n = threshold.shape[0]
        same_length("feature", feature.shape[0], n)
        same_length("right", right.shape[0], n)
        if roots.shape[0] == 0 or leaves.shape[0] == 0 or leaves.shape[1] == 0:
            raise ValueError("a forest has at least one tree, one leaf and one class")
        self._nodes = <ecm_device.ecm_tree_node_t *>PyMem_Calloc(
            n + 1, sizeof(ecm_device.ecm_tree_node_t)
        )
        if self._nodes == NULL:
            raise MemoryError
        for i in range(n):
            self._nodes[i].threshold = threshold[i]
            self._nodes[i].feature = feature[i]
            self._nodes[i].right = right[i]
        _check_nodes(feature, right, roots, leaves.shape[0], features_len)
        self._keep = (roots, leaves)
        self._forest.nodes = self._nodes
        self._forest.roots = &roots[0]
        self._forest.leaves = &leaves[0, 0]
        self._forest.trees_len = <uint16_t>roots.shape[0]
        self._forest.classes_len = <uint16_t>leaves.shape[1]
        self._forest.features_len = features_len

    def __dealloc__(self):
        PyMem_Free(self._nodes)

    def predict_f32(self, const float[:, ::1] x, float[:, ::1] proba) -> None:
        """Class probabilities, averaged over the trees.

        Parameters
        ----------
        x : ndarray of float32, shape (n, n_features)
            Features.
        proba : ndarray of float32, shape (n, n_classes)
            Written.

        Raises
        ------
        ValueError
            If shapes disagree or the device library refuses.
        """
        cdef ecm.ecm_status_t status = ecm.ECM_OK
        cdef Py_ssize_t i, n = x.shape[0]
        same_length("a row of x", x.shape[1], self._forest.features_len)
        same_length("proba", proba.shape[0], n)
        same_length("a row of proba", proba.shape[1], self._forest.classes_len)
        with nogil:
            for i in range(n):
                status = ecm_device.ecm_tree_forest_predict_f32(
                    &self._forest, &x[i, 0], &proba[i, 0]
                )
                if status < 0:
                    break
        check(status)


cdef int _check_nodes(
    const uint16_t[::1] feature,
    const uint16_t[::1] right,
    const uint32_t[::1] roots,
    Py_ssize_t n_leaves,
    uint16_t features_len,
) except -1:
    """Refuse what would send the C code outside its tables or in a circle."""
    cdef Py_ssize_t t, i, start, end, n = feature.shape[0]
    for t in range(roots.shape[0]):
        start = roots[t]
        end = roots[t + 1] if t + 1 < roots.shape[0] else n
        if not (start < end <= n) or (t == 0 and start != 0):
            raise ValueError(f"roots[{t}] is {start}, expected rising from 0 below {n}")
        for i in range(start, end):
            if feature[i] == ecm_device.ECM_TREE_LEAF:
                if right[i] >= n_leaves:
                    raise ValueError(f"node {i}: leaf {right[i]} of {n_leaves} leaves")
            elif feature[i] >= features_len:
                raise ValueError(f"node {i}: feature {feature[i]} of {features_len}")
            elif not (i + 1 < start + right[i] < end):
                raise ValueError(f"node {i}: right branch {right[i]} is not ahead of it")
    return 0


def blob_check(
    const uint32_t[::1] blob, uint32_t layout, uint32_t features_len
) -> None:
    """Can compiled code walk this blob of a loadable forest?

    Parameters
    ----------
    blob : ndarray of uint32, shape (n,)
        Its words, n >= 1.
    layout, features_len : int
        What the code was compiled for.

    Raises
    ------
    ValueError
        If not.
    """
    cdef ecm.ecm_status_t status
    if blob.shape[0] == 0:
        raise ValueError("blob is empty, expected words")
    with nogil:
        status = ecm_tree_blob.ecm_tree_blob_check(
            &blob[0], <uint32_t>blob.shape[0], layout, features_len
        )
    check(status)
