#!/usr/bin/env bash
# obj_objects.sh PMEMSCOPE PEERS [DIR]: what looking at every object costs, beside pmempool info -s, and what
# looking at the metadata costs, beside open + pmemobj_check. Pools of 10^5, 10^6 and 10^7 objects, and one of
# 10^5 type numbers, are made in DIR (default /dev/shm: about 2 GiB) and removed again. Best of five runs each,
# in seconds; peak memory in MiB.
set -euo pipefail
scope=$1 peers=$2 dir=${3:-/dev/shm}
work=$(mktemp -d "$dir/pmemscope-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
export PMEM_IS_PMEM_FORCE=1

best() { # runs command... -> "seconds MiB" of the fastest
	local runs=$1 i
	shift
	for ((i = 0; i < runs; i++)); do
		/usr/bin/time -f '%e %M' -o "$work/time" "$@" >/dev/null 2>&1 || true
		tail -1 "$work/time"
	done | sort -n | awk 'NR == 1 { printf "%8.3f s %6.0f MiB", $1, $2 / 1024 }'
}

row() { printf '%-12s %-28s %s\n' "$1" "$2" "$3"; }

for what in '100000 10' '1000000 10' '10000000 10' '100000 100000'; do
	read -r objects types <<<"$what"
	pool=$work/pool
	"$peers/obj_many" "$pool" "$objects" "$types" 64
	echo "$objects objects of $types types, $(stat -c %s "$pool") bytes"
	row '' 'open + pmemobj_check' "$(best 5 "$peers/obj_open_check" "$pool")"
	row '' 'pmemscope check' "$(best 5 "$scope" check "$pool")"
	row '' 'reading all bytes' "$(best 5 dd if="$pool" of=/dev/null bs=1M)"
	row '' 'pmemscope check --deep' "$(best 5 "$scope" check --deep --skip 'obj.pointer.*' --skip obj.object.unreachable "$pool")"
	row '' 'and references' "$(best 5 "$scope" check --deep "$pool")"
	row '' 'pmempool info -s' "$(best 2 pmempool info -s "$pool")"
	rm "$pool"
done
