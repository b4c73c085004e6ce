"""The declarations that the bindings use agree with the headers."""

import re
import subprocess

import pytest

from ecmkit._paths import csrc_dir
from tests.c import harness

PXDS = sorted((csrc_dir().parent / "ecmkit" / "_core").glob("ecm*.pxd"))
FUNCTION = re.compile(r"^    (\w[\w ]*?[ *]+)(ecm_\w+)\(([^)]*)\) noexcept", re.M)


def declarations(text):
    """Pairs of a function's name and a pointer declaration of its type."""
    for result, name, arguments in FUNCTION.findall(text):
        pointer = f"{result.strip()} (*try_{name})({arguments or 'void'})"
        yield name, re.sub(r"\bc_bool\b", "bool", pointer)


def compile_addresses(text, folder):
    """Compile a file that takes the address of each function with its type."""
    host = csrc_dir() / "host"
    own = [*csrc_dir().glob("ecm_*.h"), *host.glob("ecm_host*.h")]
    headers = sorted(path.name for path in own if "_kernel" not in path.stem)
    source = folder / "addresses.c"
    source.write_text(
        "".join(f'#include "{name}"\n' for name in headers)
        + "".join(
            f"{pointer};\n{pointer} = {name};\n" for name, pointer in declarations(text)
        )
    )
    includes = [
        f"-I{folder}" for folder in (csrc_dir(), host, csrc_dir() / "port" / "generic")
    ]
    command = ["gcc", *harness.CONTRACT, "-Werror", *includes, "-fsyntax-only", source]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("pxd", PXDS, ids=lambda path: path.stem)
def test_types_agree(pxd, tmp_path):
    harness.require(harness.HOSTS["gcc-O3"])
    text = pxd.read_text()
    names = [name for name, _ in declarations(text)]
    assert len(names) == len(re.findall(r"^    [^#\n]*\becm_\w+\(", text, re.M))
    done = compile_addresses(text, tmp_path)
    assert done.returncode == 0, done.stderr


def test_a_wrong_type_is_seen(tmp_path):
    harness.require(harness.HOSTS["gcc-O3"])
    text = (PXDS[0].parent / "ecm.pxd").read_text()
    wrong = text.replace("float *x, uint32_t", "float *x, int32_t")
    assert wrong != text
    assert compile_addresses(wrong, tmp_path).returncode != 0
