#!/usr/bin/env bash
# The peer's pmempool on our library: the two examples of its manual for transform, on a pool of 60 MB, and the verbs
# that change files. What it made is then judged by the peer's own library.
. "$(dirname "$0")/../lib.sh"
ours() {
	local want=$1
	shift
	exits "$want" env LD_LIBRARY_PATH="$LIBPMEMPOOL" pmempool "$@"
}
consistent() { # SET: to the peer, and to libpmemobj
	exits 0 pmempool check -v "$1"
	says out "$1: consistent"
	exits 0 python3 "$here/caller.py" - open obj "$1"
	says out '"result": 0'
}
LD_LIBRARY_PATH=$LIBPMEMPOOL ldd "$(command -v pmempool)" >out
says out "$LIBPMEMPOOL/libpmempool.so.1"

make() {
	rm -rf 0 1 2 was
	mkdir 0 1 2
	pmempool create --layout mylayout obj src
	"$PEERS/obj_use" close src
	mkdir was
	cp -a --sparse=always 0 1 was
}
first="$(printf '20M %s/0/partfile1\n20M %s/0/partfile2\n25M %s/0/partfile3' "$PWD" "$PWD" "$PWD")"
second="$(printf 'REPLICA\n40M %s/1/partfile1\n20M %s/1/partfile2' "$PWD" "$PWD")"
third="$(printf 'REPLICA\n50M %s/2/partfile1\n20M %s/2/partfile2' "$PWD" "$PWD")"
printf 'PMEMPOOLSET\n%s\n%s\n' "$first" "$second" >src
printf 'PMEMPOOLSET\n%s\n%s\n%s\n' "$first" "$second" "$third" >added
printf 'PMEMPOOLSET\n%s\n' "$first" >removed
parts=(0/partfile1 0/partfile2 0/partfile3 1/partfile1 1/partfile2)

# linkage FILE...: as they were, but for the links between replicas and the checksum of the header they are in
linkage() {
	local p
	for p in "$@"; do
		[ "$(stat -c '%s %a' "$p")" = "$(stat -c '%s %a' "was/$p")" ] || fail "$p has another size or mode"
		{ cmp -l "$p" "was/$p" || true; } | awk '!($1 > 88 && $1 <= 120 || $1 > 4088 && $1 <= 4096) { print; exit 1 }' >diff ||
			fail "$p: byte $(cat diff) is another"
	done
}
# 60 MB: what the pool says of itself, heap_offset + heap_size
still_60m() {
	local bytes
	bytes=$(($(od -An -t u8 -j $((0x1410)) -N 8 "$1") + $(od -An -t u8 -j $((0x1820)) -N 8 "$1")))
	[ $bytes = $(((60 << 20) - 4096)) ] || fail "$1: the pool has $bytes bytes"
}
untouched() {
	local p
	for p in "${parts[@]}"; do cmp "$p" "was/$p" || fail "$p was changed"; done
	[ -z "$(ls 2)" ] && [ -z "$(ls ./*.pmempool* ./*/*.pmempool* 2>/dev/null)" ] || fail "files were made"
}

# example 1: a replica more
make
ours 0 transform -d src added
untouched
ours 0 transform -v src added
says out 'transformed'
linkage "${parts[@]}"
still_60m 0/partfile1
still_60m 1/partfile1
still_60m 2/partfile1
[ "$(stat -c %s 2/partfile1 2/partfile2 | xargs)" = "$((50 << 20)) $((20 << 20))" ] || fail "sizes of the new parts"
[ "$(du -cm 2/partfile1 2/partfile2 | tail -1 | cut -f1)" -le "$(du -cm 0/partfile? | tail -1 | cut -f1)" ] || fail "holes were filled"
consistent added

# example 2: the second replica goes
make
ours 0 transform -d src removed
untouched
ours 0 transform src removed
linkage 0/partfile1 0/partfile2 0/partfile3
[ ! -e 1/partfile1 ] && [ ! -e 1/partfile2 ] && [ -d 1 ] || fail "the second replica is still there"
still_60m 0/partfile1
consistent removed

# refused in words, and nothing is changed
make
ours 1 transform src src
says err 'nothing to change'
ours 1 transform src none
says err 'none: No such file'
untouched

# sync
rm 1/partfile2
ours 0 sync -d src
[ ! -e 1/partfile2 ] || fail "a dry run wrote"
exits 1 flock 0/partfile1 env LD_LIBRARY_PATH="$LIBPMEMPOOL" pmempool sync src
says err 'replica 0 part 0'
[ ! -e 1/partfile2 ] || fail "wrote although a part was in use"
ours 0 sync -v src
says out 'synchronized'
for p in "${parts[@]}"; do
	cmp -s -i 4096 "$p" "was/$p" || fail "$p is not as before"
done
consistent src
ours 1 sync removed
says err 'one replica'

# create -f calls the library's rm: not of a pool in use
inode=$(stat -c %i 0/partfile2)
exits 1 flock 0/partfile2 env LD_LIBRARY_PATH="$LIBPMEMPOOL" pmempool create -f --layout other obj src
[ "$(stat -c %i 0/partfile2)" = "$inode" ] || fail "create -f removed a part that is in use"
ours 0 create -f --layout mylayout obj src
consistent src
rm -rf was 0 1 2
exit $failed
