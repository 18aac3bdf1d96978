#!/usr/bin/env bash
# Benchmark: analyze of a compressed pool image, beside the way people work without it (gzip -d, then
# pmempool check and pmempool info -s), in the same run on the same machine.
#
#	tests/bench/first_light.sh BUILD-DIR [ROUNDS]
#
# Two images: 3 GiB of pmemobj pool half full of data (target: at least 8 times faster) and 8 GiB that
# are mostly holes (at least 15 times). Peak memory of analyze: below 300 MiB. Needs 20 GiB in
# $TMPDIR; the images are kept in $BENCH_DIR when that is set, and used again.
set -euo pipefail
export PMEM_IS_PMEM_FORCE=1 LC_ALL=C
build=$(realpath "${1:?usage: first_light.sh BUILD-DIR [ROUNDS]}")
rounds=${2:-3}
dir=${BENCH_DIR:-$(mktemp -d)}
[ -n "${BENCH_DIR:-}" ] || trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir"

# seconds and peak KiB of a command, in $seconds and $peak
measure() {
	/usr/bin/time -o "$dir/time" -f '%e %M' "$@" >"$dir/out" 2>"$dir/err" || {
		rc=$?
		# analyze tells problems of the pool by its status; the old way has none to tell
		[ $rc -le 4 ] || { cat "$dir/err"; echo "$1 ended with $rc"; exit 1; }
	}
	read -r seconds peak < <(tail -1 "$dir/time")
}

median() { printf '%s\n' "$@" | sort -g | sed -n "$((($# + 1) / 2))p"; }

old_way() {
	gzip -dc "$1" >"$dir/plain" && pmempool check "$dir/plain" && pmempool info -s "$dir/plain"
}
export -f old_way
export dir

make_image() { # name size fill seed
	[ -s "$dir/$1.gz" ] && return
	rm -f "$dir/$1.pool"
	"$build/tests/bench.pool" "$dir/$1.pool" "$2" "$3" "$4"
	gzip -c "$dir/$1.pool" >"$dir/$1.gz.part"
	mv "$dir/$1.gz.part" "$dir/$1.gz"
	rm -f "$dir/$1.pool"
}

failed=0
compare() { # name target
	local new=() old=() peaks=()
	for _ in $(seq "$rounds"); do # in turns, so that the machine's moods hit both
		measure "$build/pmemscope" analyze --json "$dir/report.json" --html "$dir/report.html" "$dir/$1.gz"
		new+=("$seconds") peaks+=("$peak")
		measure bash -c "old_way '$dir/$1.gz'"
		old+=("$seconds")
		rm -f "$dir/plain"
	done
	local n o p
	n=$(median "${new[@]}") o=$(median "${old[@]}") p=$(printf '%s\n' "${peaks[@]}" | sort -n | tail -1)
	awk -v name="$1" -v n="$n" -v o="$o" -v p="$p" -v t="$2" -v r="$rounds" 'BEGIN {
		printf "%-6s analyze %6.2f s, gzip -d + check + info -s %6.2f s (medians of %d): %5.1f x (target %d), peak %.0f MiB (bound 300)\n",
			name, n, o, r, o / n, t, p / 1024
		exit !(o / n >= t && p < 300 * 1024) }' || failed=1
}

make_image half $((3 << 30)) $((3 << 29)) 1
make_image holes $((8 << 30)) $((64 << 20)) 2
compare half 8
compare holes 15
exit $failed
