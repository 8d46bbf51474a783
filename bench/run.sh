#!/usr/bin/env bash
# The whole way over a planted corpus: seconds, MB/s and peak memory, on 1 and 2
# cores in turn and with a small memory budget. Writes a Markdown table.
#
#   bench/run.sh [DOCUMENTS] [ROUNDS]      default: 100000 documents, 3 rounds
#
# Needs go and GNU time. The corpus is the same on every machine. It also checks
# that all reports of a preset are byte-identical.
set -euo pipefail
cd "$(dirname "$0")/.."
documents=${1:-100000}
rounds=${2:-3}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/doppel" ./cmd/doppel
go run ./internal/plant/cmd/plant -n "$documents" -seed 1 -exact 0.1 -near 0.2 -footer 0.2 \
  -o "$work/corpus.jsonl" -truth "$work/truth.csv" >&2
bytes=$(stat -c %s "$work/corpus.jsonl")

measure() { # PRESET THREADS MEMORY ROUND
  /usr/bin/time -f '%e %U %S %M' -o "$work/time" \
    env GOMAXPROCS="$2" "$work/doppel" cluster -q --preset "$1" --threads "$2" --memory "$3" --temp "$work" \
    "$work/corpus.jsonl" -o "$work/report.jsonl"
  read -r wall user sys rss < "$work/time"
  awk -v p="$1" -v t="$2" -v m="$3" -v b="$bytes" -v d="$documents" -v w="$wall" -v u="$user" -v s="$sys" -v r="$rss" \
    'BEGIN { printf "| %s | %s | %s | %.2f | %.2f | %.0f | %.0f | %.0f | %.0f |\n", p, t, m, w, u + s, b / 1e6 / w, b / 1e6 / (u + s), d / w, r / 1024 }'
  if [ -f "$work/$1.jsonl" ]; then
    cmp "$work/$1.jsonl" "$work/report.jsonl"
  else
    mv "$work/report.jsonl" "$work/$1.jsonl"
  fi
}

echo "$documents documents, $bytes bytes; $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(go version | cut -d' ' -f3)"
echo
echo '| preset | cores | memory | wall s | CPU s | MB/s | MB/s per CPU second | docs/s | peak MiB |'
echo '|---|---|---|---|---|---|---|---|---|'
for _ in $(seq "$rounds"); do
  for preset in verbatim near edited; do
    for threads in 1 2; do measure "$preset" "$threads" 4GiB; done
    measure "$preset" 2 64MiB
  done
done
