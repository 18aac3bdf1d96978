#!/usr/bin/env bash
# pmemscope check beside pmempool check, on pmemblk pools whose maps are as years of use leave them.
#	tests/bench/btt_check.sh PMEMSCOPE BTT_POOL [GIB...]      (default: 1 16 64 256)
# Pools are sparse; the largest needs 2 GiB of disk. A table goes to standard output: seconds on the clock and of the
# processors, which count on a machine that does other things too. With CHECK set it ends with 1 when a target is missed:
# on 256 GiB of 512-byte blocks 12 times the peer's speed on a fresh map, 100 on a hole, 3.5 on one half written, 3 on a
# permuted one; nowhere more than 160 MiB.
set -euo pipefail
pmemscope=$1 btt_pool=$2
shift 2
[ $# -gt 0 ] || set -- 1 16 64 256
dir=$(mktemp -d "${TMPDIR:-/tmp}/btt-check.XXXXXX")
trap 'rm -rf "$dir"' EXIT
export PMEM_IS_PMEM_FORCE=1
missed=0

# Seconds on the clock, seconds of the processors, MiB; of the best of some runs.
measure() {
	local runs=$1 best="" line
	shift
	for _ in $(seq "$runs"); do
		line=$(/usr/bin/time -f '%e %U %S %M' "$@" 2>&1 >/dev/null | tail -1) || true
		best=$(printf '%s\n%s\n' "$best" "$line" | grep . | sort -g | head -1)
	done
	awk '{ printf "%.2f %.2f %d\n", $1, $2 + $3, $4 / 1024 }' <<<"$best"
}

ratio() { # PEER OURS
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", a / (b > 0 ? b : 0.01) }'
}

target() { # GIB BLOCK MAP RATIO MIB
	local want=0
	case $1-$2-$3 in
	256-512-fresh) want=12 ;;
	256-512-hole) want=100 ;;
	256-512-half) want=3.5 ;;
	256-512-permuted) want=3 ;;
	esac
	awk -v r="$4" -v w=$want -v m="$5" 'BEGIN { exit !(r >= w && m < 160) }' ||
		{ missed=1; echo "MISSED: $1 GiB, $2, $3: $4 times, $5 MiB" >&2; }
}

row='%-5s %-6s %-9s %8s %8s %6s %8s %8s %6s %7s %7s\n'
# shellcheck disable=SC2059
printf "$row" GiB block map ours,s cpu,s MiB peer,s cpu,s MiB faster cpu
for gib in "$@"; do
	for kind in "512 hole" "512 fresh" "512 half" "512 permuted" "512 broken" \
		"4096 hole" "4096 fresh" "4096 half" "4096 permuted"; do
		read -r block map <<<"$kind"
		"$btt_pool" "$dir/pool" $((gib << 30)) "$block" "$map"
		read -r ours ours_cpu ours_mib < <(measure 3 "$pmemscope" check -q "$dir/pool")
		read -r peer peer_cpu peer_mib < <(measure 1 pmempool check "$dir/pool")
		# shellcheck disable=SC2059
		printf "$row" "$gib" "$block" "$map" "$ours" "$ours_cpu" "$ours_mib" "$peer" "$peer_cpu" "$peer_mib" \
			"$(ratio "$peer" "$ours")" "$(ratio "$peer_cpu" "$ours_cpu")"
		target "$gib" "$block" "$map" "$(ratio "$peer_cpu" "$ours_cpu")" "$ours_mib"
		rm -f "$dir/pool"
	done
done
[ -z "${CHECK:-}" ] || exit $missed
