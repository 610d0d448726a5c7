"""`python -m archcalc`, and the command that is installed."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import NoReturn

__all__ = ["main"]

#: The exit code of an interrupt, as a shell gives it.
INTERRUPTED = 130


def main() -> int:
    """Run the command line as a process of its own, which ends without a word wherever it is told to."""
    heeded = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a shell's background ignores it
    if heeded:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))  # nothing is written yet
    gc.set_threshold(100_000)  # nearly all that is made while starting stays: looking through it again and again finds nothing
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # and what layers mean is for no plugin to say
    from archcalc.cli import main as run

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows hangs nothing up
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _leave)
    try:
        if heeded:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        code = run()
    except KeyboardInterrupt:
        code = INTERRUPTED
    if heeded:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is written
    if code == INTERRUPTED:
        os._exit(code)  # what interrupted an `exec`, as dataclasses do one, would let Python kill itself later
    return code


def _leave(number: int, _: object) -> NoReturn:
    """End as an error would end it, so that nothing half done is left; with the code that a shell gives."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
