"""cppcheck's addon for MISRA behind a cache, as ccache stands before compilers.

What is said of a file depends on its text and on what it includes. Packages of the
library have most files in common, so in a run of all tests each is looked at once.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


def key(arguments: list[str]) -> str:
    """Hash the arguments, of which the last is a file of this folder, and its text."""
    digest = hashlib.sha256("\0".join(arguments).encode())
    seen, todo = set[str](), [arguments[-1]]
    while todo:
        one = todo.pop()
        if one not in seen and Path(one).exists():
            seen.add(one)
            text = Path(one).read_bytes()
            digest.update(text)
            todo += [n.decode() for n in re.findall(rb'#include "([\w./]+)"', text)]
    return digest.hexdigest()


def main() -> int:
    """Say what the real one says, now or before."""
    here, arguments = Path(sys.argv[0]).parent, sys.argv[1:]
    others = os.environ["PATH"].split(os.pathsep)
    path = os.pathsep.join(one for one in others if Path(one) != here)
    real = shutil.which("cppcheck", path=path)
    if real is None:
        return 127
    if "--addon=misra" not in arguments:
        return subprocess.run([real, *arguments], check=False).returncode
    tool = str(Path(real).stat().st_mtime_ns)  # another after each upgrade
    kept = here / "misra" / key([tool, *arguments])
    if not kept.exists():
        done = subprocess.run(
            [real, *arguments], check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode != 0:
            print(done.stdout)
            return done.returncode
        kept.parent.mkdir(exist_ok=True)
        handle, name = tempfile.mkstemp(dir=kept.parent)
        with os.fdopen(handle, "w") as stream:
            stream.write(done.stdout)
        Path(name).replace(kept)
    print(kept.read_text(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
