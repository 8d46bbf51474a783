#!/bin/sh
# A nightly run from cron: prunes what came in, and tells a person only when one is
# needed.
#
#   15 3 * * * /opt/doppel/cron.sh
set -u
corpus=${CORPUS:-/data/corpus}
out=${OUT:-/data/runs/$(date +%Y-%m-%d)}

mkdir -p "$(dirname "$out")" || exit 1
doppel run "$corpus" -o "$out" --json --max-removed 60% >> "$out.log" 2>&1
code=$?
case $code in
  0) ;;                                                # done
  3) echo "doppel: bad records were left out, see $out/quarantine.jsonl" ;;
  4) echo "doppel: too many bad records, nothing was written, see $out.log"; exit 1 ;;
  5) echo "doppel: a guard stopped the run, nothing was written, see $out.log"; exit 1 ;;
  6) echo "doppel: another run is at work in $out" ;;  # it will end by itself
  7) echo "doppel: inputs or settings changed, start in a new folder"; exit 1 ;;
  130 | 143) echo "doppel: interrupted, go on with: doppel resume $out"; exit 1 ;;
  *) echo "doppel: exit code $code, see $out.log"; exit 1 ;;
esac
