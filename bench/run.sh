#!/usr/bin/env bash
# The whole way over a planted corpus, from a JSONL file to a written report:
# seconds, MB/s and peak memory, on 1 and 2 cores in turn, with a small memory
# budget, and with each level of kernels. Writes a Markdown table of all rounds and
# one of medians.
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
go build -tags purego -o "$work/doppel-purego" ./cmd/doppel
go run ./internal/plant/cmd/plant -n "$documents" -seed 1 -exact 0.1 -near 0.2 -footer 0.2 \
  -o "$work/corpus.jsonl" -truth "$work/truth.csv" >&2
bytes=$(stat -c %s "$work/corpus.jsonl")
cat "$work/corpus.jsonl" > /dev/null # into the page cache

measure() { # PRESET KERNELS THREADS MEMORY
  binary=$work/doppel
  if [ "$2" = purego ]; then binary=$work/doppel-purego; fi
  /usr/bin/time -f '%e %U %S %M' -o "$work/time" \
    env GOMAXPROCS="$3" DOPPEL_CPU="$2" "$binary" cluster -q --preset "$1" --threads "$3" --memory "$4" --temp "$work" \
    "$work/corpus.jsonl" -o "$work/report.jsonl"
  read -r wall user sys rss < "$work/time"
  awk -v key="$1 $2 $3 $4" -v w="$wall" -v c="$user" -v s="$sys" -v r="$rss" 'BEGIN { print key, w, c + s, r }' >> "$work/rounds"
  if [ -f "$work/$1.jsonl" ]; then
    cmp "$work/$1.jsonl" "$work/report.jsonl"
  else
    mv "$work/report.jsonl" "$work/$1.jsonl"
  fi
}

levels=purego
for level in avx2 avx512; do
  if DOPPEL_CPU=$level "$work/doppel" version > /dev/null 2>&1; then levels+=" $level"; fi
done
best=${levels##* }
for _ in $(seq "$rounds"); do
  for preset in verbatim near edited; do
    for threads in 1 2; do measure $preset "$best" $threads 4GiB; done
    measure $preset "$best" 2 64MiB
  done
  for level in $levels; do
    if [ "$level" != "$best" ]; then
      for threads in 1 2; do measure near "$level" $threads 4GiB; done
    fi
  done
done

echo "$documents documents, $bytes bytes; $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(go version | cut -d' ' -f3); medians of $rounds rounds"
echo
echo '| preset | kernels | cores | memory budget | wall s | from..to | CPU s | MB/s | MB/s per CPU second | docs/s | peak MiB |'
echo '|---|---|---|---|---|---|---|---|---|---|---|'
sort -k1,4 -k5n "$work/rounds" | awk -v b="$bytes" -v d="$documents" '
  function middle(list, n) { return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2 }
  function flush(  i, j, t) {
    if (!n) return
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (cpu[j] < cpu[i]) { t = cpu[i]; cpu[i] = cpu[j]; cpu[j] = t }
    split(key, k, " ")
    w = middle(wall, n); c = middle(cpu, n)
    printf "| %s | %s | %s | %s | %.2f | %.2f..%.2f | %.2f | %.0f | %.0f | %.0f | %.0f |\n", k[1], k[2], k[3], k[4],
      w, wall[1], wall[n], c, b / 1e6 / w, b / 1e6 / c, d / w, peak / 1024
    n = 0; peak = 0
  }
  { this = $1 " " $2 " " $3 " " $4; if (this != key) flush(); key = this; n++; wall[n] = $5; cpu[n] = $6; if ($7 > peak) peak = $7 }
  END { flush() }'
