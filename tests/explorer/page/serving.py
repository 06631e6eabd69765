"""`scratchnet explore`, as a process."""

import re
import subprocess
import sys


class Server:
    """url: where it answers;  port: the same again after `stop` and `start`"""

    def __init__(self, path, *options):
        self.command = [sys.executable, "-m", "scratchnet", "explore", str(path), "--no-browser", *options]
        self.port = 0
        self.start()

    def start(self):
        command = [*self.command, "--port", str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert found, line + self.process.stdout.read()
        self.url, self.port = found[0], int(found[1])

    def stop(self):
        self.process.kill()
        self.process.stdout.close()
        self.process.wait()
