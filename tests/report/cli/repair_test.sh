#!/usr/bin/env bash
# repair, apply and undo as a user runs them, on pools of pmempool. $1: the binary.
set -euo pipefail
bin=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
fail() { echo "FAILED: $*"; exit 1; }
# runs LINE, wants exit status $1
want() { local st=$1 got=0; shift; "$@" >out 2>err </dev/null || got=$?; [ "$got" = "$st" ] || { cat out err; fail "$* gave $got, not $st"; }; }

pmempool create -s 16M obj pool
cp pool before
printf '\011' | dd of=pool bs=1 seek=8 conv=notrunc status=none
cp pool damaged

want 4 "$bin" repair pool
cmp pool damaged || fail "looking changed the pool"
want 4 "$bin" repair pool --plan plan
grep -q '"class": "safe"' plan || fail "no safe step"
cp plan first.json
want 16 "$bin" repair pool --in-place   # nobody said yes
cmp pool damaged || fail "written without a yes"
want 1 "$bin" repair pool --in-place --yes
cmp pool before || fail "not what was there before the damage"
want 0 "$bin" check pool
cp pool.journal journal.json
python3 "$SOURCE/tests/report/validate.py" "$SOURCE/report/json/plan.schema.json" first.json journal.json || fail "not by the schema"
want 0 "$bin" undo pool.journal
cmp pool damaged || fail "undo did not restore the bytes"

# the plan travels: made from a compressed capture, applied to the pool elsewhere
gzip -k pool
want 4 "$bin" repair pool.gz --plan plan
want 16 "$bin" apply plan               # the capture itself cannot be written to
mkdir there; cp pool there/live
want 0 "$bin" apply plan there/live
cmp there/live before || fail "the plan of the capture did not mend the pool"
want 0 "$bin" apply plan there/live     # again: nothing left to do
want 0 "$bin" undo plan.journal there/live
cmp there/live damaged || fail "undo there"
pmempool create -s 16M obj other
want 16 "$bin" apply plan other         # another pool
want 16 "$bin" undo plan                # a plan is no journal
want 16 "$bin" apply /dev/null

# a mended copy; what is there already is not written over
want 1 "$bin" repair pool.gz --yes --to copy
cmp copy before || fail "the mended copy"
want 16 "$bin" repair pool.gz --yes --to copy
pmempool check -q copy || fail "the peer does not like the copy"
# a set gives a directory with a set file of its own
printf 'PMEMPOOLSET\n8M %s/a0\n8M %s/a1\n' "$dir" "$dir" >set
pmempool create obj set
dd if=/dev/zero of=a1 bs=4096 count=1 conv=notrunc status=none
want 1 "$bin" repair set --yes --to mended
pmempool check -q mended/pool.set || fail "the peer does not like the mended set"
# a set file that is gone is made anew from the headers
mkdir parts
printf 'PMEMPOOLSET\n8M %s/parts/x\n9M %s/parts/b\nREPLICA\n17M %s/parts/a\n' "$dir" "$dir" "$dir" >gone.set
pmempool create obj gone.set
"$bin" repair parts --set new.set >out 2>err || { cat out err; fail "no set file of the parts"; }
pmempool check -q new.set || fail "the peer does not like the set file: $(cat new.set)"
grep -q "parts/x" new.set || fail "a part is missing in $(cat new.set)"
want 16 "$bin" repair parts --set new.set
# what can be had of a pool that cannot be made whole
pmempool create -s 4M log log
"$PEERS/log_use" close log
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n0x0 0x3000 +\n0x3000 0x1000 -\n0x4000 0x3fc000 +\n' >log.map
printf '\377\377\377\377\377\377\377\377' | dd of=log bs=1 seek=4112 conv=notrunc status=none
want 16 "$bin" repair log --salvage
"$bin" repair log --to saved --salvage >out 2>err || true
grep -q "log: 4096 bytes could not be read" out || { cat out err; fail "the loss is not told"; }
"$PEERS/log_content" saved | grep -q "line 999 of a log" || fail "the log's end was not saved"
ls -A | grep -q XXXX && fail "something was left behind" || true
echo "1 passed, 0 failed"
