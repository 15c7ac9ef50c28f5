"""What compiling makes."""

from __future__ import annotations

from pathlib import PurePosixPath

Files = dict[PurePosixPath, bytes]
"""Files by path relative to the output folder."""
