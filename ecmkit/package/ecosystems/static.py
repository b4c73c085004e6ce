"""Static library and headers for one ABI: ``lib/<core>/`` and ``src/``."""

from ecmkit.package.ecosystems.tree import Tree, one

__all__ = ["check"]

_HEADER = "src/ecm_package_version.h"
_MAGIC = b"!<arch>\n"
_HEAD = 60
_FIELDS = {"date": (16, 28), "owner": (28, 34), "group": (34, 40), "size": (48, 58)}


def check(tree: Tree) -> None:
    """Refuse an archive that is none, or that tells when and by whom it was made."""
    version = one(r'^#define ECM_PACKAGE_VERSION "(.*)"$', tree.text(_HEADER))
    tree.same(_HEADER, "ECM_PACKAGE_VERSION", version, tree.version)
    numbers = ".".join(
        one(rf"^#define ECM_PACKAGE_VERSION_{part} (\d+)$", tree.text(_HEADER))
        for part in ("MAJOR", "MINOR", "PATCH")
    )
    tree.same(_HEADER, "ECM_PACKAGE_VERSION_MAJOR", numbers, tree.version)
    tree.exists(_HEADER, "ecm_package.h", "src/ecm_package.h", folder=False)
    if not tree.compiled:
        return
    name = f"lib/{tree.cpu}/lib{tree.library}.a"
    tree.exists("manifest.json", "cpu", name, folder=False)
    data = (tree.path / name).read_bytes()
    tree.require(data.startswith(_MAGIC), name, "magic", data[:8], f"{_MAGIC!r}")
    at, objects = len(_MAGIC), 0
    while at + _HEAD <= len(data):
        head = data[at : at + _HEAD].decode("latin-1")
        own = {k: head[a:b].strip() or "0" for k, (a, b) in _FIELDS.items()}
        for field in ("date", "owner", "group"):
            tree.same(name, field, own[field], "0")
        met = own["size"].isdigit() and at + _HEAD + int(own["size"]) <= len(data)
        tree.require(met, name, "size", own["size"], "bytes that follow")
        if head[:16].strip() not in ("/", "//"):  # tables of symbols and long names
            start = data[at + _HEAD : at + _HEAD + 4]
            tree.same(name, head[:16].strip(), start, b"\x7fELF")
            objects += 1
        at += _HEAD + int(own["size"]) + int(own["size"]) % 2
    met = objects == len(tree.sources)
    tree.require(met, name, "objects", objects, f"{len(tree.sources)} of them")
