"""Ctrl-C at a moment when nothing is half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt at the end of this block and not within it.

    Where somebody else listens to it, or this is not the main thread, which alone may, nothing is changed.
    """
    usual = signal.getsignal(signal.SIGINT)
    if usual is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return
    struck = False

    def remember(_number: int, _frame: object) -> None:
        nonlocal struck
        struck = True

    signal.signal(signal.SIGINT, remember)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)
    if struck:
        raise KeyboardInterrupt
