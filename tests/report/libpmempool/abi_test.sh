#!/usr/bin/env bash
# The library is the peer's to a linker, a compiler and the peer's own programs.
. "$(dirname "$0")/../lib.sh"
ours=$LIBPMEMPOOL
peer=$(pkg-config --variable=libdir libpmempool)
export PKG_CONFIG_PATH=
unset LD_LIBRARY_PATH
# a sanitized build's runtime has to come first in programs that are not; their leaks are theirs
asan=$(ldd "$ours/libpmempool.so.1" | awk '/libasan/ { print $3 }')
[ -z "$asan" ] || export ASAN_OPTIONS=detect_leaks=0
on_ours() {
	LD_LIBRARY_PATH=$ours LD_PRELOAD=$asan "$@"
}

# exactly the peer's names, at the peer's version, and nothing of ours
names() {
	nm -D --defined-only "$1" | awk '$2 != "A" { print $3 }' | sort
}
names "$ours/libpmempool.so.1" >ours.names
names "$peer/libpmempool.so.1" >peer.names
cmp ours.names peer.names || fail "names: $(diff ours.names peer.names | head -5)"
[ "$(wc -l <ours.names)" = 11 ] || fail "not 11 names"
readelf -d "$ours/libpmempool.so.1" >out
says out 'Library soname: [libpmempool.so.1]'

# both headers give the same numbers; either build runs on either library
for cc in cc c++; do
	lang=
	[ $cc = c++ ] && lang='-x c++ -std=c++20 -fpermissive -w'
	$cc $lang "$here/constants.c" -o "peer.$cc" -L"$peer" -lpmempool 2>err || fail "$cc, the peer's header: $(head -3 err)"
	$cc $lang -I"$SOURCE/report/libpmempool" "$here/constants.c" -o "ours.$cc" -L"$ours" -lpmempool 2>err ||
		fail "$cc, our header: $(head -3 err)"
	"./peer.$cc" >peer.out
	on_ours "./ours.$cc" >ours.out || fail "our header, our library"
	cmp ours.out peer.out || fail "$cc: $(diff ours.out peer.out | head -5)"
	on_ours "./peer.$cc" >out || fail "the peer's header, our library"
	LD_LIBRARY_PATH=$peer "./ours.$cc" >out || fail "our header, the peer's library"
done

# the example of the peer's manual, unchanged
man=$(ls /usr/share/man/man7/libpmempool.7.gz)
zcat "$man" | sed -n '/^\.SH EXAMPLE/,/^\\f\[\]/p' | sed -n '/^\\f\[C\]/,/^\\f\[\]/p' | grep -v '^\\f\[' |
	sed 's/\\ / /g; s/\\-/-/g; s/\\\[aq\]/'"'"'/g; s/\\\\/\\/g' >example.c
says example.c 'pmempool_check_end(ppc)'
cc -std=gnu99 -I"$SOURCE/report/libpmempool" example.c -o example -L"$ours" -lpmempool -lpmem 2>err || fail "example: $(head -3 err)"
run() {
	local want=$1 got=0
	on_ours ./example >out 2>err || got=$?
	[ "$got" = "$want" ] || fail "example: $got, not $want: $(cat out err | head -5)"
}
mkdir pmem-fs
run 1
says err 'No such file'
for kind in 'blk 512' log obj; do
	rm -f pmem-fs/myfile
	pmempool create $kind -s 20M pmem-fs/myfile
	run 0
done
rm pmem-fs/myfile
pmempool create log -s 20M pmem-fs/myfile
put pmem-fs/myfile 8 '\x0a'                           # pool_hdr.major
put pmem-fs/myfile 4112 '\x01\0\0\0\0\0\0\0'          # write_offset
run 0
says out 'pool_hdr.major'
run 0
! grep -q major out || fail "the second run still finds it"
pmempool check pmem-fs/myfile >out || fail "the peer: $(cat out)"

# the peer's tool runs on it, and is told where it does
exits 0 env LD_LIBRARY_PATH="$ours" LD_PRELOAD="$asan" pmempool check -v pmem-fs/myfile
says out 'myfile: consistent'
exits 0 env LD_LIBRARY_PATH="$ours" LD_PRELOAD="$asan" pmempool feature -q CKSUM_2K pmem-fs/myfile
[ "$(cat out)" = 1 ] || fail "feature -q: $(cat out)"
exits 0 env LD_LIBRARY_PATH="$ours" LD_PRELOAD="$asan" pmempool feature -d SHUTDOWN_STATE pmem-fs/myfile
exits 0 env LD_LIBRARY_PATH="$ours" LD_PRELOAD="$asan" pmempool feature -q SHUTDOWN_STATE pmem-fs/myfile
[ "$(cat out)" = 0 ] || fail "feature -q: $(cat out)"
exits 0 env LD_LIBRARY_PATH="$ours" LD_PRELOAD="$asan" pmempool create -f log -s 20M pmem-fs/myfile
exits 0 pmempool check pmem-fs/myfile

# chosen by pkg-config, in a directory of its own
says "$ours/libpmempool.pc" '-lpmempool'
PKG_CONFIG_PATH=$ours pkg-config --exists --print-errors libpmempool 2>err || fail "pkg-config: $(cat err)"
exit $failed
