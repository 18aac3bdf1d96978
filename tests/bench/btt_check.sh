#!/usr/bin/env bash
# pmemscope check beside pmempool check, on pmemblk pools whose maps are as years of use leave them.
# Gets the program's and btt_pool's paths, then sizes in GiB (default: 1 16 64 256). Pools are sparse;
# the largest needs 2 GiB of disk. A table goes to standard output.
set -euo pipefail
pmemscope=$1 btt_pool=$2
shift 2
[ $# -gt 0 ] || set -- 1 16 64 256
dir=$(mktemp -d "${TMPDIR:-/tmp}/btt-check.XXXXXX")
trap 'rm -rf "$dir"' EXIT
export PMEM_IS_PMEM_FORCE=1

# Seconds and MiB of the best of three runs; for the peer, whose runs are long, of one.
measure() {
	local runs=$1 best="" line
	shift
	for _ in $(seq "$runs"); do
		line=$(/usr/bin/time -f '%e %M' "$@" 2>&1 >/dev/null | tail -1) || true
		best=$(printf '%s\n%s\n' "$best" "$line" | grep . | sort -g | head -1)
	done
	echo "${best% *} $(( ${best#* } / 1024 ))"
}

printf '%-5s %-6s %-9s %9s %9s %9s %9s %8s\n' GiB block map ours,s MiB peer,s MiB faster
for gib in "$@"; do
	for block in 512 4096; do
		for map in hole fresh half permuted; do
			"$btt_pool" "$dir/pool" $((gib << 30)) $block $map
			read -r ours ours_mib < <(measure 3 "$pmemscope" check -q "$dir/pool")
			read -r peer peer_mib < <(measure 1 pmempool check "$dir/pool")
			printf '%-5s %-6s %-9s %9s %9s %9s %9s %8s\n' "$gib" $block $map "$ours" "$ours_mib" "$peer" "$peer_mib" \
				"$(awk -v a="$peer" -v b="$ours" 'BEGIN { printf "%.1f", a / (b > 0 ? b : 0.01) }')"
			rm -f "$dir/pool"
		done
	done
	"$btt_pool" "$dir/pool" $((gib << 30)) 512 broken
	read -r ours ours_mib < <(measure 3 "$pmemscope" check -q "$dir/pool")
	printf '%-5s %-6s %-9s %9s %9s\n' "$gib" 512 broken "$ours" "$ours_mib"
	rm -f "$dir/pool"
done
