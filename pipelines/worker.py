"""A worker process of a local run: Beam's own, without its copy of every log line on stderr.

Workers send their log to the process that started them, which shows it. When that process is
gone, they end: Beam's own would wait for a connection for good if they had none yet.
"""

import logging
import os
import signal
import sys
import threading
import time

_SECONDS = 0.5


def _end_with(starter: int) -> None:
    """End this process when the process ``starter`` is no longer its parent."""
    while os.getppid() == starter:
        time.sleep(_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    # Ctrl-C goes to the whole process group: end at once, without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    # Before Beam is imported: its first warning would set up a handler that prints to stderr.
    logging.getLogger().addHandler(logging.NullHandler())

    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv)
