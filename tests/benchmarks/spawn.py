"""Run a command and write what it took: wall and processor seconds, and the memory at most in what the system counts it in.

A process of its own, since a command is charged with the memory of the one that starts it: `spawn.py OUTPUT COMMAND...`
"""

import os
import sys
import time

if __name__ == "__main__":
    output, *command = sys.argv[1:]
    to = (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    began = time.perf_counter()
    _, status, used = os.wait4(os.posix_spawn(command[0], command, os.environ, file_actions=[to]), 0)
    wall = time.perf_counter() - began
    sys.stdout.write(f"[{wall}, {used.ru_utime + used.ru_stime}, {used.ru_maxrss}]")
    sys.exit(os.waitstatus_to_exitcode(status))
