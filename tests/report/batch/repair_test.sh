#!/usr/bin/env bash
# A batch that mends: plans, copies, and in place only when asked twice.
. "$(dirname "$0")/../lib.sh"
printf '#!/bin/sh\nexec "$BIN" batch --quiet --reproducible "$@"\n' >batch
chmod +x batch
PATH=$PWD:$PATH
sums() { (cd "$1" && find . -type f -name '*.blk' -o -type f -path '*/set/*' | LC_ALL=C sort | xargs sha256sum); }

mkdir -p in/set
pmempool create blk -s 17M 512 in/good.blk
for i in 1 2; do
	pmempool create blk -s 17M 512 in/bad$i.blk
	pmempool check in/bad$i.blk >/dev/null
done
printf 'PMEMPOOLSET\n8M %s/in/set/one\n8M %s/in/set/two\nREPLICA\n16M %s/in/set/three\n' "$PWD" "$PWD" "$PWD" >in/set/pool.set
pmempool create obj in/set/pool.set
# a header's link that its neighbours still tell
for f in in/bad1.blk in/bad2.blk; do put $f 56 'XXXXXXXX'; done
put in/set/two 72 'XXXXXXXX'
sums in >before

exits 16 batch repair in -o r
exits 16 batch repair in -o r --in-place
says err 'say --yes too'
exits 16 batch repair in -o r --plan-only --to c
exits 16 batch in -o r --yes
cmp -s before <(sums in) || fail "wrong usage wrote to an image"

exits 4 batch repair in -o plan --plan-only
cmp -s before <(sums in) || fail "--plan-only wrote to an image"
[ "$(ls plan/??/*/plan.json | wc -l)" = 3 ] || fail "not each damaged image has a plan: $(ls plan/??/*)"

exits 1 batch repair in -o copied --to mended -j2
says out '3 mended'
cmp -s before <(sums in) || fail "--to wrote to an image"
[ "$(ls mended | wc -l)" = 3 ] || fail "copies: $(ls mended)"
for d in mended/*; do
	[ -e "$d/pool.set" ] && one=$d/pool.set || one=$(echo "$d"/*.blk)
	exits 0 "$PMEMSCOPE" check "$one"
	pmempool check "$one" >peer || fail "pmempool: $one: $(cat peer)"
done
exits 1 batch repair in -o copied --to mended -j2
says out '0 analysed now'
id=$(ls mended | head -1) # a run that died in the middle of its copy
rm -r "copied/${id:0:2}/$id"
exits 1 batch repair in -o copied --to mended -j2
says out '1 mended'

exits 1 batch repair in -o place --in-place --yes -j2
says out '3 mended'
[ "$(find in -name '*.journal' | wc -l)" = 3 ] || fail "journals: $(find in -name '*.journal')"
exits 0 "$PMEMSCOPE" check in/good.blk in/bad1.blk in/bad2.blk in/set/pool.set
for j in in/*.journal in/set/*.journal; do
	exits 0 "$PMEMSCOPE" undo "$j"
done
cmp -s before <(sums in | grep -v journal) || fail "undo did not give the images back"

# cut off while it writes, plan and journal and image: the same command again ends in a mended image
if [ -z "$(ldd "$PMEMSCOPE" | grep asan)" ]; then
	for at in 3 5 6 7; do
		rm -rf cut cut.out
		mkdir cut
		cp --sparse=always in/bad1.blk cut/
		LD_PRELOAD=$PEERS/write_shim.so WRITE_AT=$at WRITE_HOW=kill "$PMEMSCOPE" batch repair cut -o cut.out --in-place --yes -q -j1 >/dev/null 2>&1 ||
			true
		[ "$at" = 7 ] || grep -q '"retry": true' cut.out/??/*/done.json || fail "write $at: it was not cut off: $(cat cut.out/??/*/done.json)"
		timeout 60 "$PMEMSCOPE" batch repair cut -o cut.out --in-place --yes -q -j1 >/dev/null 2>&1 || [ $? = 1 ] || fail "write $at: not mended"
		exits 0 "$PMEMSCOPE" check cut/bad1.blk
	done
fi
exit $failed
