#!/usr/bin/env bash
# Pools on real devices, damaged, mended in place and opened by their own libraries: on a DAX device, on a file system with
# DAX, and under the kernel's BTT. The power is cut at every write of a repair. In a VM.
. "$(dirname "$0")/lib.sh"
CUT_EVERY=${CUT_EVERY:-1} # a boot for each cut: tests/run takes every fourth

cp "$PMEMSCOPE" pmemscope # what lies elsewhere may not be seen in the guest
cp "$PEERS/obj_use" "$PEERS/obj_content" .
cp "$PEERS/write_shim.so" .

cat >damage <<'END'
# damage FILE: what opening needs, at several places
for at in 8 40 136 3153920 3154944 3155008; do
	printf '\245\132\245' | dd of=$1 bs=1 seek=$at conv=notrunc status=none
done
END

cat >dax <<'END'
set -eu
ndctl create-namespace -f -m devdax -r region0 >/dev/null
printf 'PMEMPOOLSET\nAUTO /dev/dax0.0\n' >/tmp/dax.set
pmempool create obj /tmp/dax.set
./obj_use close /tmp/dax.set
daxio -i /dev/dax0.0 -o /tmp/whole >/dev/null 2>&1
./obj_content /tmp/dax.set >dax.wanted
cp /tmp/whole /tmp/damaged
sh ./damage /tmp/damaged
daxio -i /tmp/damaged -o /dev/dax0.0 >/dev/null 2>&1
flock /dev/dax0.0 ./pmemscope repair --yes --in-place --journal /tmp/journal /tmp/dax.set >dax.held 2>&1 || echo $? >dax.held.status
./pmemscope repair --yes --in-place --journal /tmp/journal /tmp/dax.set >dax.log 2>&1 || echo $? >dax.status
daxio -i /dev/dax0.0 -o /tmp/mended >/dev/null 2>&1
./pmemscope undo /tmp/journal >>dax.log 2>&1
daxio -i /dev/dax0.0 -o /tmp/undone >/dev/null 2>&1
cmp /tmp/damaged /tmp/undone && touch dax.undone
daxio -i /tmp/mended -o /dev/dax0.0 >/dev/null 2>&1
./obj_content /tmp/dax.set >dax.found
END

cat >fs <<'END'
set -eu
h=$PWD
mkdir -p /mnt/pmem
if [ ! -e fs.made ]; then
	ndctl create-namespace -f -m fsdax -r region0 >/dev/null
	mkfs.ext4 -q -b 4096 /dev/pmem0
	mount -o dax=always /dev/pmem0 /mnt/pmem
	pmempool create -s 16M obj /mnt/pmem/pool
	./obj_use close /mnt/pmem/pool
	cp /mnt/pmem/pool /tmp/pool
	./obj_content /tmp/pool >fs.wanted
	sh ./damage /mnt/pmem/pool
	cp /mnt/pmem/pool /mnt/pmem/damaged
	./pmemscope repair --yes --plan /mnt/pmem/plan /mnt/pmem/pool >/dev/null 2>&1 || true
	LD_PRELOAD=./write_shim.so WRITE_LOG=fs.calls ./pmemscope apply /mnt/pmem/plan --journal /mnt/pmem/journal >fs.log 2>&1
	cp /mnt/pmem/pool /mnt/pmem/mended
	cp /mnt/pmem/pool /tmp/pool
	./obj_content /tmp/pool >fs.found
	python3 -c 'import sys; open(sys.argv[1], "w").write("""{"kind": "plan", "plan_version": 1, "format": "pmemobj",
		"poolset_uuid": "", "poolset_uuid_after": "", "steps": [], "targets": [{"label": "source[0]", "path": "/dev/pmem0",
		"size": %s, "plain": true}], "edits": [{"step": 1, "target": "source[0]", "offset": 0, "was": "00", "now": "00",
		"why": ""}]}""" % sys.argv[2])' disk.plan "$(blockdev --getsize64 /dev/pmem0)"
	./pmemscope apply disk.plan >fs.mounted 2>&1 || true
	cd /mnt/pmem
	cp mended full
	fallocate -p -o 4096 -l 4096 full # the descriptor, where nothing is stored now
	cp full /tmp/full.was
	$h/pmemscope repair --yes --plan full.plan full >/dev/null 2>&1 || true
	sync
	dd if=/dev/zero of=fill bs=4096 status=none 2>/dev/null || true
	fallocate -p -o 4096 -l 4096 full
	dd if=/dev/zero of=fill.too bs=4096 status=none 2>/dev/null || true
	TMPDIR=/tmp $h/pmemscope apply full.plan --journal /tmp/full.journal >$h/full.log 2>&1 || echo $? >$h/full.status
	cmp full /tmp/full.was && [ -s /tmp/full.journal ] && touch $h/full.kept
	rm fill fill.too
	$h/pmemscope apply full.plan --journal /tmp/full.journal >>$h/full.log 2>&1 || echo $? >$h/full.again
	$h/pmemscope check full >>$h/full.log && touch $h/full.mended
	rm full full.plan
	cd $h
	touch fs.made
else
	mount -o dax=always /dev/pmem0 /mnt/pmem
	cd /mnt/pmem
	if [ -e $h/fs.cut ]; then # the power was cut: to the end, and back
		if [ -e journal ]; then touch $h/fs.journal; else cmp pool damaged; fi
		$h/pmemscope apply plan --journal journal >/dev/null 2>>$h/fs.log
		cmp pool mended
		$h/pmemscope undo journal >/dev/null 2>>$h/fs.log
		cmp pool damaged
		echo "$CUT" >>$h/fs.passed
	fi
fi
cd /mnt/pmem
cp damaged pool
rm -f journal journal.part
sync
[ -n "$NEXT" ] || exit 0
touch $h/fs.cut
sync
LD_PRELOAD=$h/write_shim.so WRITE_AT=$NEXT WRITE_HOW=pmem-vm-crash $h/pmemscope apply plan --journal journal
END

cat >btt <<'END'
set -eu
if [ ! -e btt.wanted ]; then
	ndctl create-namespace -f -m sector -r region0 >/dev/null
	dd if=/dev/urandom of=/dev/pmem0s bs=4096 count=300 seek=5 conv=notrunc status=none oflag=direct
	sha256sum </dev/pmem0s >btt.wanted
else
	sha256sum </dev/pmem0s >btt.found
fi
END

guest() { # SCRIPT, then options of the VM
	local script=$1
	shift
	status=0
	"$PMEM_VM_TOOL" "$@" -- sh "./$script" >"$script.out" 2>"$script.err" || status=$?
}

guest dax --nvdimm 32M
[ $status = 0 ] || fail "devdax: the guest ends with $status: $(tail -5 dax.err dax.log)"
same "DAX device: what is mended is found by the library" "$(cat dax.wanted)" "$(cat dax.found)"
same "DAX device: held by a program, it is refused" 16 "$(cat dax.held.status)"
[ -e dax.undone ] || fail "DAX device: undo gives other bytes"

guest btt --nvdimm 32M --keep btt.img
[ $status = 0 ] || fail "BTT: the guest ends with $status: $(tail -5 btt.err)"
# the namespace is all of the NVDIMM; its first info block and a word of the map, by the kernel's own image
dd if=/dev/zero of=btt.img bs=4096 count=1 conv=notrunc status=none
./pmemscope repair --yes --in-place btt.img >btt.log 2>&1 || btt_status=$?
same "BTT: mended" 1 "${btt_status:-0}"
guest btt --nvdimm 32M --keep btt.img
same "BTT: the kernel's driver reads the same disk" "$(cat btt.wanted)" "$(cat btt.found 2>/dev/null)"

NEXT='' guest fs --nvdimm 96M --keep fs.img
[ $status = 0 ] || fail "fsdax: the guest ends with $status: $(tail -5 fs.err)"
same "a disk that is mounted is refused" "pmemscope apply: /dev/pmem0: it is mounted, at /mnt/pmem; nothing was written" \
	"$(cat fs.mounted)"
same "file on DAX: what is mended is found by the library" "$(cat fs.wanted)" "$(cat fs.found)"
same "file on DAX: a full file system is an error, and its words" "8 No space left on device" \
	"$(cat full.status) $(grep -o 'No space left on device' full.log)"
[ -e full.kept ] || fail "file on DAX, full: the pool is touched, or there is no journal"
[ -e full.mended ] || fail "file on DAX: with room again it is not mended: $(tail -5 full.log)"
calls=$(cat fs.calls)
[ "$calls" -ge 7 ] || fail "only $calls calls seen"
last=0
for at in $(seq 1 "$CUT_EVERY" "$calls"); do
	CUT=$last NEXT=$at guest fs --nvdimm 96M --keep fs.img
	[ $status = 137 ] || { fail "power cut at $at: the guest ends with $status: $(tail -5 fs.err)"; break; }
	last=$at
done
CUT=$last NEXT='' guest fs --nvdimm 96M --keep fs.img
[ $status = 0 ] || fail "after the last cut: $(tail -5 fs.err)"
same "cut at writes 1 to $calls by $CUT_EVERY, run again, undone" "$(seq 1 "$CUT_EVERY" "$calls")" "$(cat fs.passed 2>/dev/null)"
exit $failed
