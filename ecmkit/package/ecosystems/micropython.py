"""MicroPython: the Makefile and the C of a native module, and the check of both."""

import re

from ecmkit.package.ecosystems.tree import Tree, one

__all__ = ["check"]

_MAKEFILE = "micropython/Makefile"
_MODULE = "micropython/module.c"
_EXAMPLE = "examples/micropython/main.py"
_FLAGS = ("-ffp-contract=off", "-fno-math-errno", "-I../src")


def check(tree: Tree) -> None:
    """Refuse what would build another module, or one that MicroPython cannot load."""
    text = tree.text(_MAKEFILE)
    tree.same(_MAKEFILE, "MOD", one(r"^MOD = (.*)$", text), tree.library)
    tree.same(_MAKEFILE, "version", one(r"^# \S+ (\S+) as", text), tree.version)
    listed = one(r"^SRC = (.*)$", text)
    wanted = "module.c $(notdir $(wildcard ../src/*.c))"
    tree.same(_MAKEFILE, "SRC", listed, wanted)
    given = one(r"^CFLAGS \+= (.*)$", text).split()
    for flag in _FLAGS:
        tree.require(flag in given, _MAKEFILE, "CFLAGS", given, flag)
    rules = one(r"^include (.*)$", text)
    tree.same(_MAKEFILE, "include", rules, "$(MPY_DIR)/py/dynruntime.mk")
    own = tree.text(_MODULE)
    tree.require(re.search(r"^mp_obj_t mpy_init\(", own, re.M), _MODULE, "mpy_init",
                 "nothing of it", "the module's entry")  # fmt: skip
    # Such variables would need data that native modules have not.
    for found in re.findall(r"^static (?!MP_DEFINE)(?!.*\()(?!const).*;$", own, re.M):
        tree.require(False, _MODULE, "static", found, "memory of the caller's")
    named = re.findall(r"^import (\w+) as app$", tree.text(_EXAMPLE), re.M)
    tree.same(_EXAMPLE, "import", named, [tree.library])
    tree.exists(_MAKEFILE, "ecm_package.h", "src/ecm_package.h", folder=False)
