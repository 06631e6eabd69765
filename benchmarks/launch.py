"""Run a command and tell what it took, as a script: `python -I -S launch.py COMMAND …` → a line of JSON on stderr at the end.

Linux counts what a process's parent held as the process's own peak: so this parent is a small one, which imports little.
"""

import json
import os
import resource
import sys
import time

began = time.perf_counter()
status = os.spawnv(os.P_WAIT, sys.argv[1], sys.argv[1:])
seconds = time.perf_counter() - began
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print("\n" + json.dumps({"status": status, "seconds": seconds, "peak_mb": peak / 1e6}), file=sys.stderr)  # noqa: T201
