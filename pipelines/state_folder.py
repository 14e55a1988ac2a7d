"""Where newsbeam keeps what is of this user and machine, and of no lake."""

from __future__ import annotations

import os
from pathlib import Path


def state_folder() -> Path:
    """The folder for it, which need not be there (XDG Base Directory, state)."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if os.path.isabs(state) else Path.home() / ".local" / "state"
    return base / "newsbeam"
