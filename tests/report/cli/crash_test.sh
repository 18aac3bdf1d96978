#!/usr/bin/env bash
# A plan is carried out, and taken back, whatever happens in the middle: killed, out of space or with an I/O error at every
# call that writes or makes durable. Then it is run again, then undone, and the bytes are compared. $1: the binary.
set -euo pipefail
bin=$1
shim=$PEERS/write_shim.so
dir=$(mktemp -d)
trap 'chattr -i "$dir"/* 2>/dev/null || true; rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "FAILED: $*"; exit 1; }
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0

# several structures at once, so that there are many writes
pmempool create -s 16M obj pool
"$PEERS/obj_use" close pool
for at in 8 40 136 5120 6144 3153920 3154944 3155008 9168; do
	printf '\245\132\245' | dd of=pool bs=1 seek=$at conv=notrunc status=none
done
cp pool damaged
"$bin" repair --yes --advanced --plan plan pool >/dev/null 2>&1 || true
[ "$(grep -c '"offset"' plan)" -ge 6 ] || fail "the plan has too few edits to be cut off in: $(grep -c '"offset"' plan)"
"$bin" apply plan --journal journal >/dev/null 2>&1 || fail "the plan cannot be carried out"
cp pool mended
cp journal journal.whole

with() { # HOW AT COMMAND...: cut off at a call; the status
	local how=$1 at=$2 status=0
	shift 2
	LD_PRELOAD=$shim WRITE_HOW=$how WRITE_AT=$at WRITE_LOG=$dir/calls "$@" >out 2>err </dev/null || status=$?
	return $status
}
fresh() { # FROM: the pool again, and no journal
	cp "$1" pool
	rm -f journal journal.part
}

fresh damaged
with kill 0 "$bin" apply plan --journal journal || fail "counting"
calls=$(cat calls)
[ "$calls" -ge 10 ] || fail "only $calls calls seen: the shim does not see them"
cut=0
for how in kill ENOSPC EIO; do
	for at in $(seq 1 "$calls"); do
		fresh damaged
		status=0
		( with $how "$at" "$bin" apply plan --journal journal ) 2>/dev/null || status=$?
		[ $status != 0 ] || fail "$how at $at of $calls: it ends well"
		cut=$((cut + 1))
		if [ ! -e journal ]; then
			cmp -s pool damaged || fail "$how at $at: written without a journal"
		else
			cmp -s journal journal.whole || fail "$how at $at: a journal that is not whole"
			cp pool half
			"$bin" undo journal >/dev/null 2>err || fail "$how at $at: undo at once: $(cat err)"
			cmp -s pool damaged || fail "$how at $at: undo does not give the bytes back"
			cp half pool
		fi
		"$bin" apply plan --journal journal >/dev/null 2>err || fail "$how at $at: again: $(cat err)"
		cmp -s pool mended || fail "$how at $at: again, other bytes"
		"$bin" undo journal >/dev/null 2>err || fail "$how at $at: undo: $(cat err)"
		cmp -s pool damaged || fail "$how at $at: undone, other bytes"
	done
done

# the way back is cut off, too
fresh mended
cp journal.whole journal
with kill 0 "$bin" undo journal || fail "counting undo"
back=$(cat calls)
for at in $(seq 1 "$back"); do
	cp mended pool
	( with kill "$at" "$bin" undo journal ) 2>/dev/null && fail "undo at $at: it ends well"
	cut=$((cut + 1))
	"$bin" undo journal >/dev/null 2>err || fail "undo at $at: again: $(cat err)"
	cmp -s pool damaged || fail "undo at $at: other bytes"
done

# no room for the journal: nothing at all is written
fresh damaged
status=0
( trap '' XFSZ; ulimit -f 0; "$bin" apply plan --journal journal >/dev/null 2>&1 ) || status=$?
[ $status != 0 ] || fail "no room for a journal, and it ends well"
[ ! -e journal ] && [ ! -e journal.part ] || fail "half a journal is left"
cmp -s pool damaged || fail "written without a journal"
# a target that nobody may write to
if chattr +i pool 2>/dev/null; then
	status=0
	"$bin" apply plan --journal journal >/dev/null 2>&1 || status=$?
	chattr -i pool
	[ $status = 16 ] || fail "a read-only target gives $status"
	[ ! -e journal ] || fail "a journal of nothing"
fi
echo "1 passed, 0 failed: $cut cuts, at each of $calls calls of a repair and $back of its undo"
