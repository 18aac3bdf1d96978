#!/usr/bin/env bash
# pmemscope sync and transform beside pmempool's, and beside cp: two replicas of three parts, 3 GiB each.
#	tests/bench/manage_copy.sh PMEMSCOPE BENCH_POOL [sparse|dense]...
# sparse: 94 MiB of objects, all else holes. dense: objects nearly everywhere. Seconds on the clock, of the processors (which
# count on a machine that does other things too), MiB of memory and of disk that the new replica takes. Every copy ends on
# stable storage, that of cp by a sync of its files. The peer runs as it does on a file system without DAX.
# With CHECK set it ends with 1 when a target is missed: sparse 40 times
# the peer's speed and still sparse, dense 1.5 times it and as fast as cp; never more than 64 MiB.
# Needs 14 GiB of disk.
set -euo pipefail
pmemscope=$1 bench_pool=$2
shift 2
[ $# -gt 0 ] || set -- sparse dense
dir=$(mktemp -d "${TMPDIR:-/tmp}/manage-copy.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
missed=0
a="$(printf '1G %s/a0\n1G %s/a1\n1G %s/a2' "$dir" "$dir" "$dir")"
b="$(printf '1G %s/b0\n1G %s/b1\n1G %s/b2' "$dir" "$dir" "$dir")"
printf 'PMEMPOOLSET\n%s\nREPLICA\n%s\n' "$a" "$b" >two
printf 'PMEMPOOLSET\n%s\n' "$a" >one

# Seconds on the clock, seconds of the processors, MiB: of the best of RUNS, each after PREPARE.
measure() { # RUNS PREPARE COMMAND...
	local runs=$1 prepare=$2 all="" line
	shift 2
	for _ in $(seq "$runs"); do
		$prepare
		sync
		line=$(/usr/bin/time -f '%e %U %S %M' "$@" 2>&1 >/dev/null | tail -1)
		all=$(printf '%s\n%s\n' "$all" "$line" | grep . | sort -g | head -1)
	done
	awk '{ printf "%.2f %.2f %d\n", $1, $2 + $3, $4 / 1024 }' <<<"$all"
}
lost() { rm -f b?; }
alone() { [ ! -e b0 ] || "$pmemscope" transform -q two one; }
none() { rm -f c?; }
copied() { sh -c 'for i in 0 1 2; do cp --sparse=always a$i c$i; done; sync c0 c1 c2'; }
export -f copied
ratio() { awk -v x="$1" -v y="$2" 'BEGIN { printf "%.1f", x / (y > 0 ? y : 0.01) }'; }
disk() { du -cm "$@" | tail -1 | cut -f1; }
target() { # WHAT RATIO LEAST
	awk -v r="$2" -v w="$3" 'BEGIN { exit !(r >= w) }' || { missed=1; echo "MISSED: $1: $2, not $3" >&2; }
}

row='%-7s %-10s %-6s %8s %8s %6s %8s\n'
# shellcheck disable=SC2059
say() { printf "$row" "$@"; }
say pool what who clock,s cpu,s MiB disk,MiB
for kind in "$@"; do
	rm -f a? b? c?
	bytes=$((94 << 20)) least=40
	[ "$kind" = sparse ] || { bytes=$((2850 << 20)); least=1.5; }
	PMEM_IS_PMEM_FORCE=1 "$bench_pool" two 0 "$bytes" 1 >/dev/null
	for part in a0 a1 a2; do # without what pmempool allocates and nobody has written
		cp --sparse=always "$part" sparse && mv sparse "$part"
	done
	rm -f b?
	"$pmemscope" sync -q two
	for verb in sync transform; do
		prepare=lost ours=("$pmemscope" sync -q two) peer=(pmempool sync two)
		[ $verb = sync ] || { prepare=alone ours=("$pmemscope" transform -q one two) peer=(pmempool transform one two); }
		read -r clock cpu mib < <(measure 3 $prepare "${ours[@]}")
		taken=$(disk b?)
		say "$kind" $verb ours "$clock" "$cpu" "$mib" "$taken"
		target "$kind $verb: memory that is left of 64 MiB" $((64 - mib)) 1
		[ "$kind" = dense ] || target "sparse $verb: disk that is left of 200 MiB" $((200 - taken)) 0
		if [ $verb = sync ]; then
			read -r cp_clock cp_cpu cp_mib < <(measure 3 none bash -c copied)
			say "$kind" copy cp "$cp_clock" "$cp_cpu" "$cp_mib" "$(disk c?)"
			none
			[ "$kind" = sparse ] || target "dense: processors' time, cp's to ours" "$(ratio "$cp_cpu" "$cpu")" 0.9
		fi
		# the peer last: it fills the source's holes too
		read -r peer_clock peer_cpu peer_mib < <(measure 1 $prepare "${peer[@]}")
		say "$kind" $verb peer "$peer_clock" "$peer_cpu" "$peer_mib" "$(disk b?)"
		say "$kind" $verb faster "$(ratio "$peer_clock" "$clock")" "$(ratio "$peer_cpu" "$cpu")" "" ""
		target "$kind $verb: the peer's clock to ours" "$(ratio "$peer_clock" "$clock")" $least
		pmempool check two >/dev/null || { missed=1; echo "MISSED: $kind $verb: the peer finds it inconsistent" >&2; }
		alone
		for part in a0 a1 a2; do # sparse again
			cp --sparse=always "$part" sparse && mv sparse "$part"
		done
		[ $verb = transform ] || { "$pmemscope" transform -q one two; }
	done
done
[ -z "${CHECK:-}" ] || exit $missed
