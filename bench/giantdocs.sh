#!/usr/bin/env bash
# Peak memory with giant documents: two near-duplicates of BYTES each, stored in several
# ways, among 5,000 usual documents. Writes Markdown.
#
#   bench/giantdocs.sh [BYTES] [MEMORY...]      default: 100000000 64MiB 256MiB
#
# Needs go and GNU time. $DOPPEL, if set, is the program that is measured.
set -euo pipefail
cd "$(dirname "$0")/.."
bytes=${1:-100000000}
shift || true
if [ $# -eq 0 ]; then set -- 64MiB 256MiB; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
doppel=${DOPPEL:-$work/doppel}
if [ -z "${DOPPEL:-}" ]; then go build -o "$work/doppel" ./cmd/doppel; fi
go build -o "$work/giants" ./internal/plant/cmd/giants

echo "| stored as | command | budget | peak MiB | forecast MiB | times a giant |"
echo "|---|---|---|---|---|---|"
measure() { # KIND MEMORY COMMAND...
  local kind=$1 memory=$2
  shift 2
  if [ ! -d "$work/$kind" ]; then "$work/giants" -kind "$kind" -count 2 -bytes "$bytes" -small 5000 "$work/$kind"; fi
  /usr/bin/time -f '%M' -o "$work/time" "$doppel" "$@" --log-format json --threads 2 --max-record 1GiB --memory "$memory" \
    --temp "$work" "$work/$kind" -o "$work/out" 2> "$work/messages"
  rm -rf "$work/out"
  awk -v k="$kind" -v m="$memory" -v c="$*" -v r="$(tail -1 "$work/time")" -v b="$bytes" \
    -v f="$(sed -n 's/.*"memory":\([0-9]*\).*/\1/p' "$work/messages" | head -1)" \
    'BEGIN { printf "| %s | `%s` | %s | %.0f | %.0f | %.1f |\n", k, c, m, r / 1024, f / 1048576, r * 1024 / b }'
}
for memory in "$@"; do
  for kind in jsonl txt zst warc parquet; do measure "$kind" "$memory" cluster; done
  measure jsonl "$memory" cluster --preset verbatim
  measure jsonl "$memory" cluster --preset story
  measure jsonl "$memory" prune
  measure jsonl "$memory" trim --dedup paragraph
done
