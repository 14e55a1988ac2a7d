"""``python -m newsbeam``: the command line."""

import sys

from newsbeam.pipelines.cli.main import main

sys.exit(main())
