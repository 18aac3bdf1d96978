#!/usr/bin/env bash
# What a capture without user bytes makes of a large pmemobj pool, and how long it takes; and that it has the findings of the pool.
#
#	tests/bench/capture_large.sh BUILD-DIR [GIB [FILLED-MIB [DIR]]]
#
# libpmemobj makes a pool of GIB (default 100) in a sparse file, its reservation of space taken from it by a shim, and puts in
# FILLED-MIB (default 2048) of objects. Seconds by the clock, and of the processors, which count on a machine that
# does other things too. It ends with 1 when the findings differ, before or after damage, or when the capture is larger than
# 64 MiB. DIR (default: a new one in $TMPDIR) needs FILLED-MIB, and must be on a file system with holes.
set -euo pipefail
export PMEM_IS_PMEM_FORCE=1 LC_ALL=C
build=$(realpath "${1:?usage: capture_large.sh BUILD-DIR [GIB [FILLED-MIB [DIR]]]}")
gib=${2:-100} filled=${3:-2048}
work=$(mktemp -d "${4:-${TMPDIR:-/tmp}}/capture-XXXXXX")
trap 'rm -rf "$work"' EXIT
scope=$build/pmemscope pool=$work/pool
failed=0

fail() { echo "FAIL: $*" >&2; failed=1; }

findings() { # FILE WHERE-TO: what is found, without what tells of the file itself
	local status=0
	"$scope" analyze --json "$work/report.json" "$1" >/dev/null || status=$?
	[ $status -le 4 ] || { fail "analyze ends with $status"; return; }
	python3 - "$work/report.json" >"$2" <<-'END'
	import json, sys
	d = json.load(open(sys.argv[1]))
	print(d["summary"]["verdict"])
	for f in d["findings"]:
	    print(f["id"], f["severity"], f["path"], f["fingerprint"], f.get("expected"), f.get("actual"))
	END
}

taken() { # WHAT: captures, tells, compares
	rm -f "$work/capture.tar.gz"
	/usr/bin/time -o "$work/time" -f '%e s by the clock, %U + %S s of the processors, %M KiB at the peak' \
		"$scope" capture -q --metadata-only "$pool" -o "$work/capture.tar.gz" 2>"$work/said" || { cat "$work/said"; fail "capture"; return; }
	local size
	size=$(stat -c %s "$work/capture.tar.gz")
	printf '%s: %d.%02d MiB; %s\n' "$1" $((size >> 20)) $(((size & 1048575) * 100 / 1048576)) "$(tail -1 "$work/time")"
	[ "$size" -le $((64 << 20)) ] || fail "$1: $size bytes are more than tens of MiB"
	findings "$pool" "$work/of.pool"
	findings "$work/capture.tar.gz" "$work/of.capture"
	cmp "$work/of.pool" "$work/of.capture" || fail "$1: other findings: $(diff "$work/of.pool" "$work/of.capture" | head -5)"
	printf '%s: %s, %d findings, the same of the pool and of its capture\n' "$1" "$(head -1 "$work/of.pool")" \
		$(($(wc -l <"$work/of.pool") - 1))
}

LD_PRELOAD=$build/tests/peers/sparse_shim.so "$build/tests/bench.pool" "$pool" $((gib << 30)) $((filled << 20)) 1 >/dev/null
printf 'pool: %d GiB, %d MiB of it on the disk\n' "$gib" "$(du -m "$pool" | cut -f1)"
taken "closed"
[ "$(head -1 "$work/of.pool")" = clean ] || fail "the pool is $(head -1 "$work/of.pool")"
# a descriptor's byte, the header of a block, a bitmap, and the header of the last zone that there is
for at in 4200 $((0x302000 + 1024 + 64 + 8 * 40 + 4)) $((0x302000 + 1024 + 65528 * 8 + 40 * 262144 + 24)) $((0x302000 + 24)); do
	printf '\245\132\245' | dd of="$pool" bs=1 seek="$at" conv=notrunc status=none
done
taken "damaged"
[ "$(head -1 "$work/of.pool")" != clean ] || fail "the damage is not seen"
exit $failed
