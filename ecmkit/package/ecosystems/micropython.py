"""MicroPython: the Makefile and the C of a native module, and the check of both."""

import ast
import re

from ecmkit.package.ecosystems.tree import Tree, one

__all__ = ["check"]

_MAKEFILE = "micropython/Makefile"
_MODULE = "micropython/module.c"
_EXAMPLE = "examples/micropython/main.py"
_CORES = (
    "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp",
    "xtensa", "xtensawin", "rv32imc", "rv64imc",
)  # fmt: skip
_ONCE = (
    '#include "py/dynruntime.h"', "MP_DYNRUNTIME_INIT_ENTRY", "MP_DYNRUNTIME_INIT_EXIT"
)  # fmt: skip
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
    for field, pattern, wanted in (
        ("vpath", r"^vpath (.*)$", "%.c ../src"),
        ("LINK_RUNTIME", r"^LINK_RUNTIME = (.*)$", "1"),
    ):
        tree.same(_MAKEFILE, field, one(pattern, text), wanted)
    core = one(r"^ARCH \?= (.*)$", text)
    tree.require(core in _CORES, _MAKEFILE, "ARCH", core, f"one of {_CORES}")
    rules = one(r"^include (.*)$", text)
    tree.same(_MAKEFILE, "include", rules, "$(MPY_DIR)/py/dynruntime.mk")
    own = tree.text(_MODULE)
    entry = re.search(r"^mp_obj_t mpy_init\([^;]*\{$", own, re.M)
    tree.require(entry, _MODULE, "mpy_init", "nothing of it", "the module's entry")
    for word in _ONCE:
        met = len(re.findall(rf"^\s*{re.escape(word)}$", own, re.M)) == 1
        tree.require(met, _MODULE, word, "nothing of it", "it once, on its line")
    # Such variables would need data that native modules have not.
    for found in re.findall(r"^static (?!MP_DEFINE)(?!.*\()(?!const).*;$", own, re.M):
        tree.require(False, _MODULE, "static", found, "memory of the caller's")
    example = tree.text(_EXAMPLE)
    named = re.findall(r"^import (\w+) as app$", example, re.M)
    tree.same(_EXAMPLE, "import", named, [tree.library])
    for name in re.findall(r"\bapp\.(\w+)", example):
        met = f"MP_QSTR_{name}," in own
        tree.require(met, _EXAMPLE, f"app.{name}", name, f"a name of {_MODULE}")
    try:
        ast.parse(example)
    except SyntaxError as error:
        where = f"line {error.lineno}"
        tree.require(False, _EXAMPLE, where, (error.text or "").strip(), "Python")
    tree.exists(_MAKEFILE, "ecm_package.h", "src/ecm_package.h", folder=False)
