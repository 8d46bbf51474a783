#!/usr/bin/env bash
# How time and memory grow with the corpus: runs doppel over planted corpora of
# growing size and fits the exponents of a power law by least squares on the
# logarithms. An exponent of 1 is linear. Writes Markdown.
#
#   bench/growth.sh [-b MEAN_BYTES] [-m MEMORY] [-t THREADS] [SIZE...]
#
# default: texts of 950 bytes, --memory 2GiB, one thread a core, 10000 100000 1000000
# documents. Needs go and GNU time. $DOPPEL_BENCH, if set, is a folder where corpora
# are kept and looked for; 10000000 documents take 11 GB there.
set -euo pipefail
cd "$(dirname "$0")/.."
mean=950 memory=2GiB threads=$(nproc)
while getopts b:m:t: option; do
  case $option in
    b) mean=$OPTARG ;;
    m) memory=$OPTARG ;;
    t) threads=$OPTARG ;;
    *) exit 2 ;;
  esac
done
shift $((OPTIND - 1))
if [ $# -eq 0 ]; then set -- 10000 100000 1000000; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
corpora=${DOPPEL_BENCH:-$work}
go build -o "$work/doppel" ./cmd/doppel
go build -o "$work/plant" ./internal/plant/cmd/plant

echo "texts of $mean bytes, --memory $memory, $threads threads, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $("$work/doppel" version)"
echo
echo '| documents | MB | wall s | CPU s | MB/s | docs/s | peak MiB | forecast MiB | forecast s | temporary MiB | forecast MiB |'
echo '|---|---|---|---|---|---|---|---|---|---|---|'
for documents in "$@"; do
  corpus=$corpora/growth-$documents-$mean.jsonl
  if [ ! -f "$corpus" ]; then
    "$work/plant" -n "$documents" -seed 1 -exact 0.1 -near 0.2 -footer 0.2 -bytes "$mean" \
      -o "$corpus.part" -truth "$work/truth.csv" > /dev/null
    mv "$corpus.part" "$corpus"
  fi
  /usr/bin/time -f '%e %U %S %M' -o "$work/time" \
    "$work/doppel" cluster --log-format json --threads "$threads" --memory "$memory" --temp "$work" "$corpus" -o "$work/report.jsonl" 2> "$work/messages"
  read -r wall user sys rss < "$work/time"
  number() { # FIELD of the messages, 0 if there is none
    sed -n "s/.*\"$1\":\([0-9.e+]*\).*/\1/p" "$work/messages" | head -1 | grep . || echo 0
  }
  awk -v d="$documents" -v b="$(stat -Lc %s "$corpus")" -v w="$wall" -v c="$user" -v s="$sys" -v r="$rss" \
    -v fm="$(number memory)" -v fs="$(number seconds)" -v ft="$(number temp)" -v t="$(number size)" \
    'BEGIN { printf "| %d | %.0f | %.2f | %.2f | %.0f | %.0f | %.0f | %.0f | %.1f | %.0f | %.0f |\n",
      d, b / 1e6, w, c + s, b / 1e6 / w, d / w, r / 1024, fm / 1048576, fs, t / 1048576, ft / 1048576 }'
  echo "$documents $wall $rss" >> "$work/points"
done
awk '{ x = log($1); y = log($2); z = log($3); n++; sx += x; sy += y; sz += z; sxx += x * x; sxy += x * y; sxz += x * z }
  END { if (n > 1) { v = n * sxx - sx * sx
    printf "\ntime grows with the power %.2f of the number of documents, memory with %.2f\n", (n * sxy - sx * sy) / v, (n * sxz - sx * sz) / v } }' "$work/points"
