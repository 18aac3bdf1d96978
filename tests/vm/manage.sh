#!/usr/bin/env bash
# Pools on DAX devices in our libpmempool and in PMDK's: features, check with repair, rm, and SINGLEHDR of replicas that are one
# device. What both do, they do to the same bytes; what ours does is killed at its writes and run again. In a VM.
. "$(dirname "$0")/lib.sh"
# Some hundred boundaries, each with the two libraries after it: where not all are cut, far fewer.
export CUT_STEP=$((${CUT_EVERY:-1} > 1 ? CUT_EVERY * 8 : 1))

cp "$PMEMSCOPE" pmemscope # what lies elsewhere may not be seen in the guest
cp "$LIBRARY" ours.so
cp "$PEERS/obj_use" "$PEERS/obj_content" "$PEERS/write_shim.so" "$here/../report/libpmempool/caller.py" .

cat >in-guest <<'END'
set -u
for region in region0 region1; do ndctl create-namespace -f -m devdax -a 4k -r $region >/dev/null; done
set_of() { printf 'PMEMPOOLSET\n'; printf '%b\n' "$@"; }
set_of 'AUTO /dev/dax0.0' >/tmp/one
set_of 'OPTION SINGLEHDR' 'AUTO /dev/dax0.0' >/tmp/one1
set_of '16M /tmp/file' REPLICA 'AUTO /dev/dax0.0' >/tmp/pair
set_of 'OPTION SINGLEHDR' '16M /tmp/file' REPLICA 'AUTO /dev/dax0.0' >/tmp/pair1
set_of 'AUTO /dev/dax0.0' 'AUTO /dev/dax1.0' >/tmp/two
set_of 'OPTION SINGLEHDR' 'AUTO /dev/dax0.0' 'AUTO /dev/dax1.0' >/tmp/two1
ours() { LD_PRELOAD=${PRELOAD:-} ASAN_OPTIONS=detect_leaks=0 python3 caller.py ./ours.so "$@" 2>&1 | tr -d '"{}' | sed 's/, said.*//'; }
peer() { python3 caller.py libpmempool.so.1 "$@" 2>&1 | tr -d '"{}' | sed 's/, said.*//'; }
tell() { printf '%s: %s\n' "$1" "$2" >>told; }
save() { daxio -i "/dev/dax$1.0" -o "$2" >/dev/null 2>&1; }  # DEVICE FILE
load() { daxio -i "$2" -o "/dev/dax$1.0" >/dev/null 2>&1; }
put() { printf "$3" >/tmp/bytes && daxio -i /tmp/bytes -o "/dev/dax$1.0" -s "$2" -l "$(stat -c %s /tmp/bytes)" >/dev/null 2>&1; }
alike() { save 0 /tmp/now; cmp -s "$1" /tmp/now && echo yes || echo no; }
new() { # KIND SET: an empty pool
	rm -f /tmp/file
	daxio -z -o /dev/dax0.0 -l 4194304 >/dev/null 2>&1
	daxio -z -o /dev/dax1.0 -l 4194304 >/dev/null 2>&1
	pmempool create "$1" "$2"
}

new obj /tmp/one
./obj_use close /tmp/one
save 0 /tmp/whole
feature() { # PATH CALL FEATURE
	save 0 /tmp/before
	tell "feature $*" "$(ours "$2" "$1" "$3" 0)"
	save 0 /tmp/mine
	load 0 /tmp/before
	tell "the same" "$(peer "$2" "$1" "$3" 0) $(alike /tmp/mine) $(ours query "$1" "$3" 0)"
}
while read -r call; do feature $call; done <features
exec 9</dev/dax0.0
flock 9
tell 'feature in use' "$(ours disable /tmp/one 2 0)"
exec 9<&-

new log /tmp/one
save 0 /tmp/whole
put 0 8 '\7\7\7\7'
save 0 /tmp/damaged
tell 'check, told' "$(ours check /tmp/one 0 0x20 yes)"
tell 'check, dry' "$(ours check /tmp/one 0 0x23 yes)"
tell 'check, refused' "$(ours check /tmp/one 0 0x21 no) $(alike /tmp/damaged)"
set_of "$(stat -c %s /tmp/whole) /tmp/backup" >/tmp/backup.set
tell 'check, repaired' "$(ours check /tmp/one 0 0x21 yes /tmp/backup.set) $(alike /tmp/whole) $(peer check /tmp/one 0 0x20 yes)"
tell 'check, backup' "$(cmp /tmp/backup /tmp/damaged && echo whole)"
put 0 4112 '\7\7\7\7\7'
save 0 /tmp/damaged
tell 'check, log' "$(ours check /dev/dax0.0 0 0x2d yes /tmp/backup.one) $(peer check /dev/dax0.0 0 0x20 yes)"
tell 'check, backup of one' "$(cmp /tmp/backup.one /tmp/damaged && echo whole)"

new obj /tmp/pair
./obj_use close /tmp/pair
cp /tmp/file /tmp/file.whole
save 0 /tmp/whole
cp /tmp/file.whole /tmp/file
./obj_content /tmp/pair >wanted
again() { cp /tmp/file.whole /tmp/file; load 0 /tmp/whole; }
again
put 0 40 '\1\2\3\4'
tell 'check, a replica' "$(ours check /tmp/pair 0 0x2d yes) $(alike /tmp/whole)"
tell rm "$(ours rm /tmp/pair 0) $(ls /tmp/file 2>/dev/null)"
blanked() { save 0 /tmp/now; head -c 2M /dev/zero | cmp -n 2097152 - /tmp/now && cmp -i 2097152 /tmp/whole /tmp/now && echo blanked; }
tell 'rm, device' "$(blanked)"
again
exec 9</dev/dax0.0
flock 9
tell 'rm, in use' "$(ours rm /tmp/pair 0) $(ls /tmp/file)"
tell 'rm, forced' "$(ours rm /tmp/pair 1) $(ls /tmp/file 2>/dev/null)"
exec 9<&-
tell 'rm, kept' "$(alike /tmp/whole)"
tell 'rm, alone' "$(ours rm /dev/dax0.0 0) $(blanked)"

single() { # FROM TO: the peer from the same bytes to the same bytes, but for the file's time
	save 0 /tmp/before
	tell "SINGLEHDR $2" "$(ours transform "$1" "$2" 0) $(peer check "$2" 0 0x20 yes)"
	save 0 /tmp/mine
	cp /tmp/file /tmp/file.mine
	load 0 /tmp/before
	cp /tmp/file.before /tmp/file
	tell "the same" "$(peer transform "$1" "$2" 0) $(alike /tmp/mine)"
	load 0 /tmp/mine
	cp /tmp/file.mine /tmp/file
}
again
cp /tmp/file /tmp/file.before
single /tmp/pair /tmp/pair1
cp /tmp/file /tmp/file.before
single /tmp/pair1 /tmp/pair
./obj_content /tmp/pair >found
new obj /tmp/one
: >/tmp/file
: >/tmp/file.before
single /tmp/one /tmp/one1
new obj /tmp/two
save 0 /tmp/before
tell 'SINGLEHDR, two devices' "$(ours transform /tmp/two /tmp/two1 0) $(alike /tmp/before)"

export WRITE_ALL=1 WRITE_HOW=kill
cuts() { # NAME SET CHECK-AFTER COMMAND...
	name=$1 set=$2 after=$3 at=1
	shift 3
	while :; do
		again
		status=0
		LD_PRELOAD=./write_shim.so WRITE_AT=$at ASAN_OPTIONS=detect_leaks=0:verify_asan_link_order=0 "$@" >cut.log 2>&1 || status=$?
		[ $status = 137 ] || break
		# what is done already, but for the flush of a directory, is not done again
		"$@" >>cut.log 2>&1 || pmempool check $set >/dev/null || { cat cut.log; tell "$name cut at $at" "again: $?"; }
		pmempool check $set >>cut.log 2>&1 || tell "$name cut at $at" "not consistent: $(cat cut.log)"
		$after || tell "$name cut at $at" 'not what it should be'
		at=$((at + CUT_STEP))
	done
	tell "$name, uncut" "$status $([ $at -gt 9 ] && echo boundaries)"
	echo "$name $at" >>boundaries
}
disabled() { [ "$(pmempool feature -q SHUTDOWN_STATE /tmp/pair)" = 0 ]; }
opened() { ./obj_content /tmp/pair1 >cut.found && cmp cut.found wanted; }
cuts feature /tmp/pair disabled ./pmemscope feature --disable SHUTDOWN_STATE /tmp/pair
cuts single /tmp/pair1 opened ./pmemscope transform /tmp/pair /tmp/pair1
END
printf '%s\n' '/tmp/one disable 2' '/tmp/one disable 1' '/tmp/one enable 1' '/dev/dax0.0 enable 2' '/tmp/one disable 3' \
	'/dev/dax0.0 enable 3' >features
status=0
"$PMEM_VM_TOOL" --nvdimm 32M --nvdimm 32M --timeout 1500 -- sh ./in-guest >out 2>log || status=$?
[ $status = 0 ] || { fail "the guest ends with $status: $(tail -5 log)"; exit 1; }
{
	while read -r path call nr; do
		printf 'feature %s %s %s: result: 0\n' "$path" "$call" "$nr"
		printf 'the same: result: 0 yes result: %d\n' "$([ "$call" = enable ] && echo 1 || echo 0)"
	done <features
	cat <<'END'
feature in use: result: -1, errno: 11
check, told: result: NOT_CONSISTENT
check, dry: result: INIT, errno: 95
check, refused: result: NOT_CONSISTENT yes
check, repaired: result: REPAIRED yes result: CONSISTENT
check, backup: whole
check, log: result: REPAIRED result: CONSISTENT
check, backup of one: whole
check, a replica: result: REPAIRED yes
rm: result: 0 
rm, device: blanked
rm, in use: result: -1, errno: 11 /tmp/file
rm, forced: result: 0 
rm, kept: yes
rm, alone: result: 0 blanked
SINGLEHDR /tmp/pair1: result: 0 result: CONSISTENT
the same: result: 0 yes
SINGLEHDR /tmp/pair: result: 0 result: CONSISTENT
the same: result: 0 yes
SINGLEHDR /tmp/one1: result: 0 result: CONSISTENT
the same: result: 0 yes
SINGLEHDR, two devices: result: -1, errno: 95 yes
feature, uncut: 0 boundaries
single, uncut: 0 boundaries
END
} >wanted.told
diff wanted.told told >differs || fail "told otherwise: $(cat differs out)"
cmp wanted found || fail "other objects after SINGLEHDR and back"
grep -q sound wanted || fail "the library does not find the pool sound"
cat boundaries
exit $failed
