#!/usr/bin/env bash
# batch.sh PMEMSCOPE LIB [POOLS]: small pools, many of them: batch, pmempool check in a process each, and libpmempool in one
# process (LIB: batch_lib.c), the same bytes in the same run. Processors' time is told beside the clock's, since other work
# may be running; on two cores a batch takes half of it at best. With CHECK=1 it fails when batch needs more than a sixth of
# what processes need, or more than twice what the library alone needs (it has two cores, the library one), or when a second
# worker on a second core makes images dearer. What a process of its own costs beside a shared runner is told too.
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

# run NAME COMMAND...: best of three by processors' time; the seconds of processors, and the fewest by the clock
run() {
	local name=$1 times=
	shift
	for _ in 1 2 3; do
		times+=$( { TIMEFORMAT='%R %U %S'; time "$@" >/dev/null; } 2>&1 | tail -1)$'\n'
	done
	awk -v name="$name" 'NF == 3 { p = $2 + $3; if (!n || p < least) least = p; if (!n++ || $1 < clock) clock = $1 }
		END { printf "%-44s %7.2f s by the clock, %6.2f s of processors\n", name, clock, least >"/dev/stderr"; print least, clock }' <<<"$times"
}
nr=0
batch() { nr=$((nr + 1)); "$pmemscope" batch -q "$1" -o "$dir/out.$BASHPID.$nr" "${@:2}"; }
on_one_core() { nr=$((nr + 1)); taskset -c 0 "$pmemscope" batch -q "$dir/m.jsonl" -o "$dir/out.$BASHPID.$nr" -j1; }
each() { printf '%s\0' "$dir"/pools/*.obj | xargs -0 -n1 -P2 pmempool check -q; }

TIMEFORMAT='manifest make: %R s by the clock, %U + %S s of processors'
time "$pmemscope" batch manifest make "$dir/pools" -o "$dir/m.jsonl"
head -n $((pools / 5)) "$dir/m.jsonl" >"$dir/fifth.jsonl"
ours=$(run "batch -j2, $pools pools of 8 MiB" batch "$dir/m.jsonl" -j2)
single=$(run "batch -j1, on one core" on_one_core)
fresh=$(run "batch -j2 --fresh-workers, a fifth of them" batch "$dir/fifth.jsonl" -j2 --fresh-workers)
processes=$(run "xargs -P2 pmempool check" each)
alone=$(run "libpmempool in one process" "$lib" "$dir"/pools/*.obj)
awk -v ours="$ours" -v single="$single" -v fresh="$fresh" -v processes="$processes" -v alone="$alone" -v pools="$pools" -v check="${CHECK:-0}" 'BEGIN {
	split(ours, o); split(single, s); split(fresh, f); split(processes, p); split(alone, l)
	printf "%.1f times as fast as a process for each; %.2f times as fast as the library alone, on two cores\n", p[1] / o[1], 2 * l[1] / o[1]
	printf "two workers on two cores do %.2f times as many in a second as one on one, for %.2f times the processors\n", s[2] / o[2], o[1] / s[1]
	printf "a process of its own costs an image %.1f ms of processors more\n", (f[1] / int(pools / 5) - o[1] / pools) * 1000
	exit check && (p[1] < 6 * o[1] || 2 * l[1] < o[1] || o[1] > 1.3 * s[1])
}'
