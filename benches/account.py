"""Runs one command and prints its wall and CPU seconds and peak memory as JSON: account.py COMMAND ...

A program of its own because a child's peak memory begins with that of the process that it was forked from.
"""

import json
import os
import sys
import time

started = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)])
_, status, usage = os.wait4(child, 0)
print(json.dumps({
    "status": os.waitstatus_to_exitcode(status),
    "wall": time.monotonic() - started,
    "cpu": usage.ru_utime + usage.ru_stime,
    "memory_mib": usage.ru_maxrss / 1024,
}))
