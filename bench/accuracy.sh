#!/usr/bin/env bash
# Writes the tables of docs/accuracy.md: the search against brute force, and the
# clusters against the truth, for every labelled set and preset.
#
#   bench/accuracy.sh [DATA] > tables.md
#
# DATA is the folder of the labelled sets, each with docs.jsonl.zst and, where
# it has a truth, truth.csv. Default: ../shared/data. Needs go and jq.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${1:-../shared/data}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go build -o "$work/doppel" ./cmd/doppel

oracle() { # SET PRESET
  "$work/doppel" eval -q --json --oracle --preset "$2" "$data/$1/docs.jsonl.zst" |
    jq -r --arg set "$1" --arg preset "$2" '.oracle |
      "| \($set) | \($preset) | \(.true) | \(.candidates) | \(.candidate_recall*10000|round/10000) | \(.predicted_recall*10000|round/10000) ± \(.std_err*10000|round/10000) | \(.recall*10000|round/10000) | \(.precision) |"'
}

truth() { # SET PRESET METHOD
  "$work/doppel" eval -q --json --preset "$2" --clustering "$3" --truth "$data/$1/truth.csv" "$data/$1/docs.jsonl.zst" |
    jq -r --arg set "$1" --arg preset "$2" --arg method "$3" 'def r: .*1000|round/1000; .score |
      "| \($set) | \($preset) | \($method) | \(.pairs.precision|r) | \(.pairs.recall|r) | \(.pairs.f1|r) | \(.b_cubed.f1|r) | \(.ari|r) | \(.v_measure.v|r) | \(.largest_cluster) |"'
}

echo '| set | preset | pairs at the threshold or above | candidates | candidate recall | predicted | recall | precision |'
echo '|---|---|---|---|---|---|---|---|'
for set in cockroach_versions stress_open driver_docs_half bible_en_pd8 civil_codes_11 gesetze_de_tenth; do
  for preset in strict near loose edited; do oracle "$set" "$preset"; done
done
for set in ecbplus_odd fnc1_train; do oracle "$set" story; done

echo
echo '| set | preset | clusters by | pair precision | recall | F1 | B-cubed F1 | ARI | V | largest |'
echo '|---|---|---|---|---|---|---|---|---|---|'
for set in cockroach_versions stress_open bible_en_pd8 scoop_news overproof_half shakespeare_folio; do
  for preset in near edited; do truth "$set" "$preset" cover; done
done
for set in ecbplus_odd fnc1_train; do
  for method in cover components; do truth "$set" story "$method"; done
done
