#!/usr/bin/env bash
# batch.sh PMEMSCOPE LIB [POOLS]: small pools, many of them: batch, pmempool check in a process each, and libpmempool in one
# process (LIB: batch_lib.c), the same bytes in the same run. Processors' time is told beside the clock's, since other work
# may be running; on two cores a batch takes half of it at best. With CHECK=1 it fails when batch needs more than a sixth of
# what processes need, or more than twice what the library alone needs (it has two cores, the library one).
set -euo pipefail
pmemscope=$(realpath "$1") lib=$(realpath "$2") pools=${3:-1000}
dir=${BENCH_DIR:-$(mktemp -d /var/tmp/batch.XXXXXX)}
trap '[ -n "${BENCH_DIR:-}" ] || rm -rf "$dir"' EXIT
mkdir -p "$dir/pools"
export PMEM_IS_PMEM_FORCE=1
for i in $(seq "$pools"); do
	[ -e "$dir/pools/$i.obj" ] || pmempool create obj --layout="number $i" -s 8M "$dir/pools/$i.obj"
done
sync
cat "$dir"/pools/*.obj >/dev/null

# run NAME COMMAND...: best of three by processors' time
run() {
	local name=$1 best=
	shift
	for _ in 1 2 3; do
		local out
		out=$( { TIMEFORMAT='%R %U %S'; time "$@" >/dev/null; } 2>&1 | tail -1)
		best=$(awk -v b="$best" -v o="$out" 'BEGIN { split(o, n); split(b, m); print b == "" || n[2] + n[3] < m[2] + m[3] ? o : b }')
	done
	awk -v name="$name" -v o="$best" 'BEGIN { split(o, n); printf "%-40s %7.2f s by the clock, %6.2f s of processors\n", name, n[1], n[2] + n[3] }' >&2
	awk -v o="$best" 'BEGIN { split(o, n); print n[2] + n[3] }'
}
nr=0
batch() { nr=$((nr + 1)); "$pmemscope" batch -q "$dir/m.jsonl" -o "$dir/out.$BASHPID.$nr" -j2; }
each() { printf '%s\0' "$dir"/pools/*.obj | xargs -0 -n1 -P2 pmempool check -q; }

TIMEFORMAT='manifest make: %R s by the clock, %U + %S s of processors'
time "$pmemscope" batch manifest make "$dir/pools" -o "$dir/m.jsonl"
ours=$(run "batch -j2, $pools pools of 8 MiB" batch)
processes=$(run "xargs -P2 pmempool check" each)
alone=$(run "libpmempool in one process" "$lib" "$dir"/pools/*.obj)
awk -v o="$ours" -v p="$processes" -v l="$alone" -v check="${CHECK:-0}" 'BEGIN {
	printf "%.1f times as fast as a process for each; %.2f times as fast as the library alone, on two cores\n", p / o, 2 * l / o
	exit check && (p < 6 * o || 2 * l < o)
}'
