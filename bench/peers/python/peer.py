"""How the driver talks to a Python client: settings and commands come as lines of JSON, answers go the same way.

Producers: a line holds a number of messages to send. The answer tells when the first one was sent.
Consumers: tell every 20 ms how many messages they have and when the last one came.
Times are CLOCK_MONOTONIC in nanoseconds, the clock that the driver reads too.
"""

import json
import sys
import threading
import time


def settings():
    return json.loads(sys.stdin.readline())


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def produce(send):
    """`send(n)` sends n messages and returns when the library says they are safe."""
    say(ready=True)
    for line in sys.stdin:
        first = time.monotonic_ns()
        send(int(line))
        say(firstNs=str(first))


class Counter:
    """Counts on the thread that receives, tells on one of its own."""

    def __init__(self):
        self.received = 0
        self.last = 0
        threading.Thread(target=self._tell, daemon=True).start()

    def add(self):
        self.received += 1
        self.last = time.monotonic_ns()

    def _tell(self):
        told = 0
        while True:
            time.sleep(0.02)
            last, received = self.last, self.received
            if received != told:
                told = received
                say(received=received, lastNs=str(last))
