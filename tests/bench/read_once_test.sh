#!/usr/bin/env bash
# A compressed pool is analysed while it is decoded: no byte of the stream is decoded a second time, so
# that of the stored file hardly more is read than it is long (its head, to see what it is).
set -euo pipefail
export PMEM_IS_PMEM_FORCE=1
pmemscope=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$(dirname "$pmemscope")/tests/bench.pool" "$dir/pool" $((192 << 20)) $((144 << 20)) 1
gzip -1 "$dir/pool"
"$pmemscope" analyze --json "$dir/report.json" "$dir/pool.gz" >"$dir/text"
size=$(stat -c %s "$dir/pool.gz")
read=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["sources"][0]["stored"]["read"])' "$dir/report.json")
echo "$read bytes read of $size stored"
[ "$read" -ge "$size" ] && [ "$read" -le $((size + 65536)) ]
