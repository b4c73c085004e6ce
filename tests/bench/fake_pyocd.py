"""What stands for pyOCD in tests: the same arguments, QEMU or nobody behind them."""

import argparse
import os
import signal
import sys
import time


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["gdbserver"])
    parser.add_argument("--no-wait", action="store_true", required=True)
    parser.add_argument("--target", required=True)
    parser.add_argument("--erase", choices=["sector"], required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--telnet-port", type=int, required=True)
    parser.add_argument("--uid", default="")
    given = parser.parse_args()
    hangs = given.uid == "hangs"
    if hangs:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    note = os.environ.get("FAKE_PYOCD_NOTE")
    if note:
        with open(note, "w") as stream:
            stream.write(f"{os.getpid()}\n{given.target}\n{given.uid}\n")
    if given.uid == "none":
        sys.exit("No connected debug probes")
    while hangs:
        time.sleep(60)
    machine = "mps2-an386"
    quiet = ["-display", "none", "-monitor", "none", "-serial", "none"]
    server = ["-S", "-gdb", f"tcp:localhost:{given.port}"]
    os.execvp("qemu-system-arm", ["qemu-system-arm", "-M", machine, *quiet, *server])


if __name__ == "__main__":
    main()
