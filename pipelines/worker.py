"""A worker process of a local run: Beam's own, without its copy of every log line on stderr.

Workers send their log to the process that started them, which shows it.
"""

import logging
import signal
import sys

if __name__ == "__main__":
    # Ctrl-C goes to the whole process group; a worker ends when its starter is gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Before Beam is imported: its first warning would set up a handler that prints to stderr.
    logging.getLogger().addHandler(logging.NullHandler())

    from apache_beam.runners.worker import sdk_worker_main

    sdk_worker_main.main(sys.argv)
