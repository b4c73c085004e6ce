"""Whether other threads of Python go on while C is at work."""

import sys
import threading
import time
from collections.abc import Callable

__all__ = ["lets_go"]


def lets_go(call: Callable[[], object], *, calls: int = 500) -> bool:
    """Whether a call lets go of the interpreter's lock.

    Nobody is made to hand it on meanwhile, so that another thread has a turn during the
    call only if it does. On a busy machine that thread may come too late, however long
    the call takes: then it is made again, up to so many times.
    """
    turns, over = [0], threading.Event()

    def take_turns() -> None:
        while not over.is_set():
            turns[0] += 1
            time.sleep(0)

    interval = sys.getswitchinterval()
    other = threading.Thread(target=take_turns)
    # First: who waits for the lock already goes by the interval of before.
    sys.setswitchinterval(1000.0)
    other.start()
    try:
        for _ in range(calls):
            before = turns[0]
            call()
            if turns[0] > before:
                return True
        return False
    finally:
        sys.setswitchinterval(interval)
        over.set()
        other.join()
