#!/usr/bin/env bash
# Captures of what is live, in a VM: a pool on a DAX device, one on a file system with DAX while its program has it open, and a
# raw namespace; each gives the bytes back that the device has, and the same findings. And a disk that another stands on is
# refused as a target. What a capture keeps of the machine is the kernel's.
. "$(dirname "$0")/lib.sh"

cp "$PMEMSCOPE" pmemscope # what lies elsewhere may not be seen in the guest
cp "$PEERS/obj_use" .

cat >in-guest <<'END'
set -eu
ndctl create-namespace -f -m devdax -r region0 >/dev/null
printf 'PMEMPOOLSET\nAUTO /dev/dax0.0\n' >/tmp/dax.set
pmempool create --layout live obj /tmp/dax.set
./obj_use close /tmp/dax.set
daxio -i /dev/dax0.0 -o dax.whole >/dev/null 2>&1
./pmemscope capture /tmp/dax.set -o dax.tar.gz >dax.said 2>&1 || echo $? >dax.status
./pmemscope capture /tmp/dax.set --metadata-only -o dax.meta.tar.gz >>dax.said 2>&1 || echo $? >dax.status
ndctl list -N -r region0 >ndctl.json

ndctl create-namespace -f -m fsdax -r region1 >/dev/null
mkfs.ext4 -q -b 4096 /dev/pmem1
mkdir -p /mnt/pmem
mount -o dax=always /dev/pmem1 /mnt/pmem
pmempool create -s 16M obj /mnt/pmem/pool
./obj_use open /mnt/pmem/pool || true
cp /mnt/pmem/pool fs.whole
flock /mnt/pmem/pool ./pmemscope capture /mnt/pmem/pool -o fs.tar.gz >fs.said 2>&1 || echo $? >fs.status
umount /mnt/pmem

ndctl create-namespace -f -m raw -r region2 >/dev/null
dd if=dax.whole of=/dev/pmem2 bs=1M status=none oflag=direct conv=notrunc count=8
dd if=/dev/pmem2 of=raw.whole bs=1M status=none
./pmemscope capture /dev/pmem2 -o raw.tar.gz >raw.said 2>&1 || echo $? >raw.status
modprobe dm_mod
export DM_DISABLE_UDEV=1
dmsetup create over --table "0 8192 linear /dev/pmem2 0"
python3 -c 'import sys; open(sys.argv[1], "w").write("""{"kind": "plan", "plan_version": 1, "format": "pmemobj",
	"poolset_uuid": "", "poolset_uuid_after": "", "steps": [], "targets": [{"label": "source[0]", "path": "/dev/pmem2",
	"size": %s, "plain": true}], "edits": [{"step": 1, "target": "source[0]", "offset": 0, "was": "50", "now": "00",
	"why": ""}]}""" % sys.argv[2])' disk.plan "$(blockdev --getsize64 /dev/pmem2)"
./pmemscope apply disk.plan >held 2>&1 || echo $? >held.status
dd if=/dev/pmem2 of=raw.held bs=1M status=none
dmsetup remove over
./pmemscope apply disk.plan --journal journal >free 2>&1 || echo $? >free.status
dd if=/dev/pmem2 bs=1 count=1 status=none | od -An -tx1 >free.byte
END
status=0
"$PMEM_VM_TOOL" --nvdimm 32M --nvdimm 64M --nvdimm 16M -- sh ./in-guest >out 2>log || status=$?
[ $status = 0 ] || { fail "the guest ends with $status: $(tail -5 log)"; exit 1; }

back() { # CAPTURE MEMBER WHOLE: what tar gives back
	local member
	mkdir -p "$1.d"
	tar -C "$1.d" -xzf "$1"
	member=$(find "$1.d" -type f -name "$2" | head -1)
	[ -n "$member" ] || { fail "$1 has no $2: $(find "$1.d" -type f | tr '\n' ' ')"; return; }
	same "$1 gives back what is there" "$(sha256sum <"$3")" "$(sha256sum <"$member")"
}
verdict() { { "$PMEMSCOPE" check "$1" || true; } | head -1 | cut -d' ' -f2; }
for name in dax fs raw; do
	same "$name: taken whole" "" "$(cat $name.status 2>/dev/null)"
done
back dax.tar.gz 'dax0.0*' dax.whole
back fs.tar.gz 'pool' fs.whole
back raw.tar.gz 'pmem2*' raw.whole
kept() { # EXPRESSION over the manifest m
	tar -xOzf dax.tar.gz --wildcards '*capture.json' | python3 -c "import json, sys; m = json.load(sys.stdin); print($1)"
}
space='[n for d in m["devices"] for n in d["namespaces"]][0]'
same "the namespace in its capture is the kernel's" "$(python3 -c 'import json; n = json.load(open("ndctl.json"))[0]; print(n["dev"], n["mode"], n["chardev"], n["align"])')" \
	"$(kept "$space['dev'], $space['mode'], $space['daxdevs'][0]['chardev'], $space['daxdevs'][0]['align']")"
same "what its capture shows" clean "$(verdict dax.tar.gz)"
same "and without user bytes" clean "$(verdict dax.meta.tar.gz)"
[ "$(stat -c %s dax.meta.tar.gz)" -lt "$(stat -c %s dax.tar.gz)" ] || fail "without user bytes it is not smaller"
same "a pool that is open is taken as it is" recoverable "$(verdict fs.tar.gz)"
same "a disk that another stands on" "16 pmemscope apply: /dev/pmem2: the block device dm-0 stands on it; nothing was written" \
	"$(cat held.status) $(cat held)"
same "is left as it was" "" "$(cmp raw.whole raw.held)"
same "without it, it is written" " 00" "$(cat free.byte)"
exit $failed
