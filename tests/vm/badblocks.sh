#!/usr/bin/env bash
# Bad blocks that the kernel knows of, in a VM: of a file on a file system with DAX, and of the disk below it.
. "$(dirname "$0")/lib.sh"

cat >in-guest <<'END'
set -eu
ndctl create-namespace -f -m fsdax -r region0 >/dev/null
mkfs.ext4 -q -b 4096 /dev/pmem0
mkdir -p /mnt/pmem
mount -o dax=always /dev/pmem0 /mnt/pmem
pmempool create --layout live obj -s 10M /mnt/pmem/pool
sync
filefrag -v -b512 /mnt/pmem/pool >extents
# two sectors 6 MiB into the file: nothing was allocated there
sector=$(awk -F'[:. ]+' '$2 ~ /^[0-9]+$/ && $3 <= 12288 && $4 >= 12288 { print $5 + 12288 - $3; exit }' extents)
pmem-vm-badblock pmem0 "$sector" 2
cat /sys/block/pmem0/badblocks >badblocks
echo "$sector" >sector
pmempool info --bad-blocks=yes /mnt/pmem/pool >peer 2>&1 || true
./pmemscope analyze --json file.json /mnt/pmem/pool >/dev/null 2>&1 || true
umount /mnt/pmem
./pmemscope analyze --json disk.json /dev/pmem0 >/dev/null 2>&1 || true
END
cp "$PMEMSCOPE" pmemscope # what lies elsewhere may not be seen in the guest
status=0
"$PMEM_VM_TOOL" --nvdimm 32M -- sh ./in-guest >out 2>log || status=$?
[ $status = 0 ] || { fail "the guest ends with $status: $(tail -5 log)"; exit 1; }

told() { # FILE WHAT
	python3 - "$1" "$2" <<'END'
import json, sys
r = json.load(open(sys.argv[1]))
if sys.argv[2] == "findings":
    print(" ".join(sorted(f["id"] for f in r["findings"])))
else:
    print(" ".join(f'{u["offset"]}+{u["length"]}' for u in r["sources"][0]["unread"]["ranges"]))
END
}
same "the kernel's list" "$(cat sector) 2" "$(cat badblocks)"
same "a bad block in a file" source.bad.blocks "$(told file.json findings)"
same "pmempool's list, in whole blocks of the file system" "12288 8" "$(awk '/length/ { getline; print $1, $2 }' peer)"
same "where it is in the file" "$((6 << 20))+1024" "$(told file.json unread)"
same "where it is on the disk" "$(($(cat sector) * 512))+1024" "$(told disk.json unread)"
exit "$failed"
