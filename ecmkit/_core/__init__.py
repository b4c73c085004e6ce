"""Cython bindings of the device library, one module per C module; no arithmetic."""
