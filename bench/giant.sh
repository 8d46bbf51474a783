#!/usr/bin/env bash
# Giant buckets: documents of one template, in which each has two words of its
# own, and exact copies. Doubling the documents should double the time. Writes
# Markdown.
#
#   bench/giant.sh [SIZE...]      default: 10000 100000 1000000 documents
#
# Needs go, awk, jq and GNU time.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -eq 0 ]; then set -- 10000 100000 1000000; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/doppel" ./cmd/doppel

corpus() { # KIND DOCUMENTS
  awk -v kind="$1" -v n="$2" 'BEGIN {
    for (i = 0; i < n; i++) {
      printf "{\"id\":\"d%d\",\"text\":\"", i
      for (w = 0; w < 130; w++) {
        if (kind == "template" && w == 40) printf "own%d ", i
        else if (kind == "template" && w == 90) printf "mine%d ", i * 7919 % 1000003
        else printf "word%d ", w * w % 97 + w
      }
      print "\"}"
    }
  }'
}

echo '| corpus | documents | wall s | us a document | peak MiB | candidate pairs compared | verified | giant buckets | clusters | kept |'
echo '|---|---|---|---|---|---|---|---|---|---|'
for kind in copies template; do
  for documents in "$@"; do
    corpus "$kind" "$documents" > "$work/corpus.jsonl"
    /usr/bin/time -f '%e %M' -o "$work/time" "$work/doppel" cluster -q --memory 2GiB --temp "$work" "$work/corpus.jsonl" -o "$work/report.jsonl" 2> /dev/null
    read -r wall rss < "$work/time"
    tail -1 "$work/report.jsonl" | jq -r --arg kind "$kind" --arg d "$documents" --argjson w "$wall" --argjson r "$rss" '.counts |
      "| \($kind) | \($d) | \($w) | \($w / ($d | tonumber) * 1e7 | round / 10) | \($r / 1024 | round) | \(.candidates) | \(.verified) | \(.giant_buckets) | \(.clusters) | \(.kept) |"'
  done
done
