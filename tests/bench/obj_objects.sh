#!/usr/bin/env bash
# What looking at a pmemobj pool costs, beside its peers in the same run: its metadata (check) beside open +
# pmemobj_check, every object (check --deep) beside pmempool info -s and beside merely reading those bytes.
#	tests/bench/obj_objects.sh PMEMSCOPE PEERS [DIR ['OBJECTS TYPES'...]]
# Pools of 10^5, 10^6 and 10^7 objects, and one of 10^6 objects with 10^5 type numbers, are made in DIR (default /dev/shm: about 2 GiB) and
# removed again. Best of some runs each: seconds on the clock, seconds of the processors, which count on a machine that
# does other things too, and MiB at the peak. With CHECK set it ends with 1 when a target is missed: check is not slower
# than its peer and reads at most twice the metadata; --deep is 5 times as fast as the peer from 10^7 objects on, 500
# times with 10^5 types, at most 1.5 times as slow as reading by the clock (it has all cores), and takes less than 512 MiB. A peer too slow to wait for
# is cut off after PEER_PATIENCE seconds (default 300): then it took at least that.
set -euo pipefail
scope=$1 peers=$2 dir=${3:-/dev/shm}
shift $(($# < 3 ? $# : 3))
[ $# -gt 0 ] || set -- '100000 10' '1000000 10' '10000000 10' '1000000 100000'
work=$(mktemp -d "$dir/pmemscope-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
export PMEM_IS_PMEM_FORCE=1
missed=0

best() { # RUNS COMMAND... -> seconds, seconds of the processors, MiB (python's own 10 at least); 124: patience ended
	python3 - "${PEER_PATIENCE:-300}" "$@" <<-'END'
	import os, subprocess, sys, time
	patience, runs, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
	best = None
	for _ in range(runs):
	    start = time.monotonic()
	    child = subprocess.Popen(["timeout", patience, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	    _, status, used = os.wait4(child.pid, 0)
	    if os.waitstatus_to_exitcode(status) not in (0, 124):
	        sys.exit(f"{command}: exit status {os.waitstatus_to_exitcode(status)}")
	    now = (used.ru_utime + used.ru_stime, time.monotonic() - start, used.ru_maxrss / 1024)
	    best = now if best is None or now < best else best
	print(f"{best[1]:.3f} {best[0]:.4f} {best[2]:.0f}")
	END
}

row() { # NAME; the figures on standard input; leaves seconds in clock, the processors' in cpu, MiB in mib
	read -r clock cpu mib || exit 1
	printf '    %-26s %9s s %9s s of the processors %6s MiB\n' "$1" "$clock" "$cpu" "$mib"
}

target() { # WHAT, and a condition in numbers
	awk "BEGIN { exit !($2) }" || { missed=1; echo "MISSED: $1: $2" >&2; }
}

# Bytes read from the file, and bytes that its metadata takes: header, descriptor, lanes, heap, zones, runs.
bytes_read() {
	strace -f -e trace=pread64,preadv,read -o "$work/calls" "$scope" check "$1" >/dev/null 2>&1 || true
	awk '/p?read(64|v)?\(/ && $NF > 0 && !/ELF/ { n += $NF } END { print n + 0 }' "$work/calls"
}
metadata() {
	"$scope" show --json "$1" heap | python3 -c '
import json, sys
fact = {f["name"]: f["value"] for f in json.load(sys.stdin)["facts"]}
chunks = (fact["free bytes"] + fact["bytes in huge objects"] + fact["bytes in runs"]) // 262144
print(8192 + 1024 * 3072 + 1024 + 64 * fact["zones in use"] + 8 * chunks + fact["headers and bitmaps of runs"])'
}

for what; do
	read -r objects types <<<"$what"
	pool=$work/pool
	"$peers/obj_many" "$pool" "$objects" "$types" 64
	echo "$objects objects of $types types, $(stat -c %s "$pool") bytes"
	row 'open + pmemobj_check' < <(best 5 "$peers/obj_open_check" "$pool")
	peer=$cpu
	row 'pmemscope check' < <(best 5 "$scope" check "$pool")
	target "check beside its peer" "$cpu <= $peer + 0.005"
	if command -v strace >/dev/null; then
		read=$(bytes_read "$pool") own=$(metadata "$pool")
		printf '    %-26s %9s bytes, of %s of metadata\n' 'it reads' "$read" "$own"
		target "bytes read" "$read <= 2 * $own"
	fi
	row 'reading all bytes' < <(best 5 dd if="$pool" of=/dev/null bs=256K)
	reading=$clock
	row 'pmemscope check --deep' < <(best 5 "$scope" check --deep --skip 'obj.pointer.*' --skip obj.object.unreachable \
		--skip obj.list.link "$pool")
	deep=$cpu
	target "--deep beside reading" "$clock <= 1.5 * $reading"
	target "memory" "$mib < 512"
	row 'and references' < <(best 2 "$scope" check --deep "$pool")
	target "memory with references" "$mib < 512"
	row 'pmempool info -s' < <(best 1 pmempool info -s "$pool")
	printf '    %-26s %9s\n' 'times as fast, every object' "$(awk "BEGIN { printf \"%.1f\", $cpu / ($deep > 0 ? $deep : 0.001) }")"
	[ "$objects" -lt 10000000 ] || target "--deep beside info -s" "$cpu >= 5 * $deep"
	[ "$types" -lt 100000 ] || target "--deep beside info -s, many types" "$cpu >= 500 * $deep"
	rm "$pool"
done
[ -z "${CHECK:-}" ] || exit $missed
