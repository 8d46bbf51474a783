#!/usr/bin/env bash
# Makes pipeline/idf/english.zst, the background model of English, anew: the same
# bytes each time, for the versions of all that goes into it are fixed.
#
#   bench/background/make.sh [OUT]
#
# Needs python3 (3.10 or later) with venv, and PyPI.
set -euo pipefail
cd "$(dirname "$0")"
out=$(realpath -m "${1:-../../pipeline/idf/english.zst}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-deps --disable-pip-version-check -r requirements.txt
"$work/venv/bin/python" make.py "$out"
