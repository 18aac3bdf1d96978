#!/usr/bin/env bash
# What is extracted is what the kernel and the libraries read: captures with the kernel's own digests
# beside them, and pools that are made here. Gets the program's path.
set -euo pipefail
pmemscope=$1
dir=${SCRATCH:-/tmp}/extract
rm -rf "$dir"
mkdir -p "$dir"
trap 'rm -rf "$dir"' EXIT

fail() {
	echo "FAIL: $*" >&2
	exit 1
}
sum() {
	sha256sum "$1" | cut -d' ' -f1
}
run() { # STATUS ARGS...
	local want=$1 status=0
	shift
	"$pmemscope" extract "$@" 2>"$dir/said" || status=$?
	[ "$status" -eq "$want" ] || { cat "$dir/said" >&2; fail "extract $* gave $status, not $want"; }
}

# captures
nr=0
for txt in "$SOURCE"/corpus/btt/*.txt "$SOURCE"/corpus/namespace/*.txt; do
	want=$(sed -n 's/^sha256: //p; s/^sha256 of the whole block device .* as Linux reads it: //p' "$txt" | head -1)
	[ -n "$want" ] || continue
	run 0 "${txt%.txt}.img.gz" disk -o "$dir/disk"
	[ "$(sum "$dir/disk")" = "$want" ] || fail "$txt: the disk is not what the kernel reads"
	[ ! -e "$dir/disk.map" ] || fail "$txt: a mapfile, and nothing was lost"
	nr=$((nr + 1))
done
[ $nr -ge 7 ] || fail "only $nr captures"

# a pmemblk pool: the library's own reading, block by block
pmempool create -s 17M blk 512 "$dir/pool"
"$PEERS/blk_use" marks "$dir/pool"
"$PEERS/blk_read" "$dir/pool" >"$dir/want"
run 4 "$dir/pool" disk -o "$dir/disk"
[ "$(sum "$dir/disk")" = "$(sum "$dir/want")" ] || fail "the disk is not what libpmemblk reads"
grep -q '^0x00000400  0x00000200  -$' "$dir/disk.map" || fail "block 2 is marked bad, and the mapfile does not say so"
[ "$(stat -c %b "$dir/disk")" -lt 2000 ] || fail "the output is not sparse"
run 4 "$dir/pool" disk -o - >"$dir/stream"
[ "$(sum "$dir/stream")" = "$(sum "$dir/want")" ] || fail "the stream differs from the file"
run 0 "$dir/pool" blocks 0,200-201 -o "$dir/some"
{ dd if="$dir/want" bs=512 count=1; dd if="$dir/want" bs=512 skip=200 count=2; } >"$dir/want.some" 2>"$dir/said"
cmp "$dir/some" "$dir/want.some" || fail "blocks"
run 16 "$dir/pool" blocks 5-999999999 -o "$dir/none"
[ ! -e "$dir/none" ] || fail "a file for blocks that are not there"

# before each lane's last write: the last block written differs, the rest is the same
run 4 "$dir/pool" disk --before -o "$dir/before"
cmp -s "$dir/before" "$dir/want" && fail "--before is as after"
[ "$(stat -c %s "$dir/before")" = "$(stat -c %s "$dir/want")" ] || fail "--before has another size"

# one more write on every lane: before it the disk was what the library read from a copy made then
pmempool create -s 17M blk 512 "$dir/lanes"
"$PEERS/blk_lanes" "$dir/lanes" 0 2 a
cp "$dir/lanes" "$dir/lanes.then"
"$PEERS/blk_lanes" "$dir/lanes" 1 1 b
"$PEERS/blk_read" "$dir/lanes.then" >"$dir/want.then"
run 0 "$dir/lanes" disk --before -o "$dir/then"
cmp "$dir/then" "$dir/want.then" || fail "--before is not what the disk was before"
run 0 "$dir/lanes" disk -o "$dir/now"
cmp -s "$dir/now" "$dir/then" && fail "the last writes changed nothing"

# a log
pmempool create -s 4M log "$dir/log"
"$PEERS/log_use" close "$dir/log"
run 0 "$dir/log" log -o "$dir/text"
want=$(pmempool info "$dir/log" | sed -n 's/^Write offset *: 0x\([0-9a-f]*\).*/\1/p')
[ "$(stat -c %s "$dir/text")" -eq $((16#$want - 0x2000)) ] || fail "the log's length"
cmp -n "$(stat -c %s "$dir/text")" -i 0:8192 "$dir/text" "$dir/log" || fail "the log's text"

# what is not there, and words that are none
run 64 "$dir/log" disk -o "$dir/none"
run 16 "$dir/log" dsk -o "$dir/none"
run 16 "$dir/pool" disk
