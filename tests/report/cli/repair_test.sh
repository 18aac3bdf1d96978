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
# the library has it open, then another program maps it: refused, and told by which
mkfifo hold; cp before there/held
"$PEERS/obj_use" hold there/held <hold >held.out & held=$!
exec 9>hold
until [ -s held.out ]; do kill -0 $held || fail "the pool's user ended"; sleep 0.05; done
cp there/held held.is
want 16 "$bin" apply plan there/held
grep -q "a running program has the pool open" err || fail "held by libpmemobj: $(cat err)"
exec 9>&-; wait $held
# a disk is made of it
if loop=$(losetup -f --show there/held 2>/dev/null); then
	want 16 "$bin" apply plan there/held
	losetup -d "$loop"
	grep -q "the loop device ${loop#/dev/} stands on it" err || fail "below a loop device: $(cat err)"
fi
mv there/held held.was
want 0 "$bin" apply plan there/live
cmp there/live before || fail "the plan of the capture did not mend the pool"
want 0 "$bin" apply plan there/live     # again: nothing left to do
want 0 "$bin" undo plan.journal there/live
cmp there/live damaged || fail "undo there"
pmempool create -s 16M obj other
want 16 "$bin" apply plan other         # another pool
grep -q "the plan was made for" err || fail "another pool: $(cat err)"
# smaller
head -c 15M pool >there/short
want 16 "$bin" apply plan there/short
grep -q "15728640 bytes, and the plan was made for 16777216" err || fail "smaller: $(cat err)"
# a twin: the same uuids in another file, while the pool that the plan was made for is there, too
cp before whole; cp damaged one
printf '\245' | dd of=one bs=1 seek=3153920 conv=notrunc status=none # the header is good, so that it tells who it is
dd if=before of=one bs=4096 count=1 conv=notrunc status=none
cp one one.is; cp one twin
want 4 "$bin" repair one --yes --plan one.plan
want 16 "$bin" apply one.plan twin
grep -q "twin: it is a twin of one" err || fail "a twin: $(cat err)"
cmp -s twin one.is || fail "a twin was written to"
want 0 "$bin" apply one.plan twin --copy
want 16 "$bin" undo one.plan.journal twin
want 0 "$bin" undo one.plan.journal twin --copy
cmp twin one.is || fail "undo of the twin"
ln one same
want 0 "$bin" apply one.plan same       # another name of the same file is no twin
# where the plan was made there is another pool by now
cp other one
want 16 "$bin" apply one.plan
grep -q "it is of the pool" err || fail "another pool at the plan's place: $(cat err)"
# two files in a directory that say they are the same part
mkdir twins; printf 'PMEMPOOLSET\n8M %s/twins/p0\n8M %s/twins/p1\n' "$dir" "$dir" >twins.set
pmempool create obj twins.set
printf '\245' | dd of=twins/p0 bs=1 seek=3153920 conv=notrunc status=none
cp twins/p0 twins/q; cp twins/p0 p0.is
want 16 "$bin" repair twins --in-place --yes --journal twins.journal
grep -q "it is a twin of" err || fail "twin parts: $(cat err)"
cmp twins/p0 p0.is || fail "one of two twins was written to"
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
# what the advice for a set file that names a file twice comes to: put aside, another is made of the same files
printf 'PMEMPOOLSET\n8M %s/parts/x\n9M %s/parts/x\nREPLICA\n17M %s/parts/a\n' "$dir" "$dir" "$dir" >parts/pool.set
"$bin" check -v parts/pool.set >out || true
grep -q "poolset.path.twice" out || fail "a file that is named twice: $(cat out)"
mv parts/pool.set twice.set; mv new.set first.set
"$bin" repair parts --set new.set >out 2>err || { cat out err; fail "no set file in place of one that is wrong"; }
cmp new.set first.set || fail "another set file of the same parts: $(cat new.set)"
# a set file that lost its option, and whose lines are in another order: the plan makes it longer, elsewhere too
mkdir single; cd single
printf 'PMEMPOOLSET\nOPTION SINGLEHDR\n8M %s/s0\n8M %s/s1\n' "$PWD" "$PWD" >pool.set
pmempool create obj pool.set; "$PEERS/obj_use" close pool.set
sed -i 2d pool.set; cp pool.set set.is
want 4 "$bin" repair pool.set --plan plan
python3 "$SOURCE/tests/report/validate.py" "$SOURCE/report/json/plan.schema.json" plan || fail "a plan that makes a file longer"
grep -c '"made": true' plan >made.nr; [ "$(cat made.nr)" = 1 ] || fail "more than the set file is mended"
want 0 "$bin" apply plan
"$PEERS/obj_content" pool.set | grep -qx sound || fail "the mended set does not open: $(cat pool.set)"
want 0 "$bin" undo plan.journal
cmp pool.set set.is || fail "the set file is not what it was"
want 0 "$bin" apply plan pool.set
grep -qx "OPTION SINGLEHDR" pool.set || fail "no option in $(cat pool.set)"
want 0 "$bin" undo plan.journal pool.set
cmp pool.set set.is || fail "undo of a set file by name"
want 1 "$bin" repair pool.set --yes --to ../single.new
grep -qx "OPTION SINGLEHDR" ../single.new/pool.set && "$PEERS/obj_content" ../single.new/pool.set | grep -qx sound || fail "the copied set"
cd ..
printf 'PMEMPOOLSET\n8M %s/o0\n9M %s/o1\n10M %s/o2\n' "$dir" "$dir" "$dir" >order.set
pmempool create obj order.set; "$PEERS/obj_use" close order.set
cp order.set order.is
printf 'PMEMPOOLSET\n10M %s/o2\n# the first\n8M %s/o0\n9M %s/o1\n' "$dir" "$dir" "$dir" >order.set
want 1 "$bin" repair order.set --yes --to order.new
pmempool check -q order.new/pool.set || fail "the peer does not like the order of a copied set: $(cat order.new/pool.set)"
want 1 "$bin" repair order.set --in-place --yes
[ "$(grep -v '#' order.set)" = "$(cat order.is)" ] || fail "the order of $(cat order.set)"
# a file that is older than the pool in it, by its own time: which of the two is wrong is not known, so nobody changes it unasked
pmempool create -s 2M log early
touch -d @1500000000 early; cp -p early early.is
want 0 "$bin" repair early --in-place --yes
cmp early early.is || fail "the time of creation was changed unasked"
want 0 "$bin" repair early --in-place --yes --advanced --journal early.journal
cmp -s early early.is && fail "the time of creation was not changed"
pmempool check -q early || fail "the peer does not like another time of creation"
want 0 "$bin" undo early.journal
cmp early early.is || fail "undo of the time of creation"
# both words of the root are zero, as in a pool that never had one
pmempool create -s 16M obj rooted
"$PEERS/obj_use" close rooted
cp rooted rooted.is; "$PEERS/obj_content" rooted.is | grep -v '^root' >was
dd if=/dev/zero of=rooted bs=8 seek=768 count=1 conv=notrunc status=none
dd if=/dev/zero of=rooted bs=8 seek=770 count=1 conv=notrunc status=none
want 1 "$bin" repair rooted --in-place --yes
"$PEERS/obj_content" rooted | grep -v '^root' >is
grep -qx sound is && [ "$(wc -l <was)" -gt 50 ] && cmp was is || fail "the root was not found again"
# what can be had of a pool that cannot be made whole
pmempool create -s 4M log log
"$PEERS/log_use" close log
cp log log.is
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n0x0 0x3000 +\n0x3000 0x1000 -\n0x4000 0x3fc000 +\n' >log.map
printf '\377\377\377\377\377\377\377\377' | dd of=log bs=1 seek=4112 conv=notrunc status=none
want 16 "$bin" repair log --salvage
want 4 "$bin" repair log --to saved --salvage
grep -q "4096 bytes from 4096 on could not be read" out || { cat out err; fail "the loss is not told"; }
"$PEERS/log_content" saved | grep -q "line 999 of a log" || fail "the log's end was not saved"
# that is a new pool: its library writes to it, and nothing is wrong in it
"$bin" check saved >out || fail "the new log: $(cat out)"
pmempool check -q saved || fail "the peer does not like the new log"
"$PEERS/log_content" log.is >was; "$PEERS/log_content" saved >is
[ "$(cmp -l was is 2>&1 | wc -l)" -le 4097 ] || fail "more of the log is lost than could not be read"
# a copy that ddrescue has not finished: nothing is written where it read nothing, and the mapfile stays as it is; elsewhere it is
pmempool create -s 16M obj half
"$PEERS/obj_use" close half
cp half half.is
dd if=/dev/zero of=half bs=4096 count=1 conv=notrunc status=none
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n0x0 0x1000 -\n0x1000 0xfff000 +\n' >half.map
cp half.map half.map.is; cp half half.was
want 16 "$bin" repair half --in-place --yes --advanced
grep -q "half: its mapfile says that the bytes at 0x0 were never read" err || fail "an unfinished copy: $(cat out err)"
cmp half half.was && [ ! -e half.journal ] || fail "a refused repair left something"
want 1 "$bin" repair half --to half.new --yes --advanced
"$PEERS/obj_content" half.new | grep -qx sound || fail "the mended copy of an unfinished one does not open"
want 4 "$bin" repair half --plan half.plan --yes --advanced
want 16 "$bin" apply half.plan
grep -q "half: its mapfile says" err || fail "a plan for an unfinished copy: $(cat out err)"
mv half.map other.list
want 16 "$bin" repair half --mapfile other.list --in-place --yes --advanced
mv other.list half.map
cp half.is half; printf '\245' | dd of=half bs=1 seek=4200 conv=notrunc status=none
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n0x0 0xff0000 +\n0xff0000 0x10000 -\n' >half.map
"$bin" repair half --in-place --yes >out 2>err || true
cmp half half.is || fail "a repair beside what was not read: $(cat out err)"
grep -q '0xff0000 0x10000 -' half.map || fail "the mapfile was changed"
# a mapfile that lost its first two lines is no mapfile to be passed over: what it says would count as read
sed -i 1,2d log.map
want 64 "$bin" check log
grep -q "log.map: line 1: no status line" out err || fail "a mapfile without its head: $(cat out err)"
# blocks: both parts of a set damaged, a range of it not readable; what can be read is the same, what cannot is an error
printf 'PMEMPOOLSET\n10M %s/b0\n9M %s/b1\n' "$dir" "$dir" >blk.set
pmempool create blk 512 blk.set
"$PEERS/blk_use" close blk.set
"$PEERS/blk_read" blk.set >was
dd if=/dev/zero of=b0 bs=4096 seek=1 count=1 conv=notrunc status=none # the descriptor
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n0x0 0x5000 +\n0x5000 0x1000 -\n0x6000 0x9fa000 +\n' >b0.map
want 4 "$bin" repair blk.set --to blk.new --salvage
grep -q "[0-9] blocks from [0-9]* on could not be read" out || fail "the lost blocks: $(cat out)"
pmempool check -q blk.new || fail "the peer does not like the new blocks"
"$PEERS/blk_read" blk.new >is
python3 - was is <<'PY' || fail "other blocks than before"
import sys
was, now = (open(f, "rb").read() for f in sys.argv[1:])
differ = [i for i in range(len(was) // 512) if was[512 * i:512 * i + 512] != now[512 * i:512 * i + 512]]
sys.exit(len(was) != len(now) or len(differ) > 8 or any(now[512 * i:512 * i + 512].strip(b"\0") for i in differ))
PY
"$PEERS/blk_use" close blk.new || fail "the new pool cannot be written to"
"$bin" analyze --skip btt.map.error-flag blk.new >out || fail "the new blocks: $(cat out)"
want 16 "$bin" repair blk.set --to blk.new --salvage # it is there already
ls -A | grep -q XXXX && fail "something was left behind" || true
echo "1 passed, 0 failed"
