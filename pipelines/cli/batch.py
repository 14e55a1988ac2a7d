"""One batch of the scheduler: newsbeam's command line, which ends when its scheduler does.

Standard input is a pipe that only the scheduler holds open for writing. However it dies, the
operating system closes that end, and reading here meets the end of the file: there is nothing to
poll and no process id that could be mistaken.
"""

from __future__ import annotations

import os
import sys
import threading


def end_with_scheduler() -> None:
    """From now on, end this process at once when standard input comes to its end.

    A run may be killed at any moment: the next one cleans up after it.
    """
    threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    while os.read(0, 64):
        pass
    os._exit(1)


if __name__ == "__main__":
    end_with_scheduler()
    from newsbeam.pipelines.cli.main import main

    sys.exit(main())
