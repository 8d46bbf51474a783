"""python -m doppel_dedup: the program doppel."""

import sys

from doppel_dedup import run

sys.exit(run(*sys.argv[1:], check=False).returncode)
