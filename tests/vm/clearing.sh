#!/usr/bin/env bash
# The whole life of a media error, in a VM on the kernel's own simulated NVDIMMs: injected, told, not read, and cleared by the
# write of a repair. Skipped where those cannot be built.
. "$(dirname "$0")/lib.sh"

cat >in-guest <<'END'
set -eu
ndctl wait-scrub >/dev/null
ndctl disable-region -b nfit_test.0 all >/dev/null 2>&1
ndctl init-labels -f -b nfit_test.0 -V 1.2 all >/dev/null 2>&1
ndctl enable-region -b nfit_test.0 all >/dev/null 2>&1
ndctl create-namespace -b nfit_test.0 -m fsdax -s 16M >made
disk=$(sed -n 's/.*"blockdev":"\(.*\)".*/\1/p' made)
space=$(sed -n 's/.*"dev":"\(.*\)".*/\1/p' made)
pmempool create -s 8M obj /tmp/pool
dd if=/tmp/pool of=/dev/$disk bs=1M oflag=direct conv=notrunc status=none
dd if=/dev/$disk of=whole bs=1M iflag=direct status=none
ndctl inject-error -B 8 -n 2 "$space" >/dev/null
ndctl start-scrub nfit_test.0 >/dev/null 2>&1 || true
ndctl wait-scrub >/dev/null
cat "/sys/block/$disk/badblocks" >before
dd if=/dev/$disk of=/dev/null bs=512 skip=8 count=1 iflag=direct 2>/dev/null && echo read >unread || echo failed >unread
./pmemscope analyze --json json /dev/$disk >/dev/null 2>&1 || true
python3 -c 'import sys; open(sys.argv[1], "w").write("""{"kind": "plan", "plan_version": 1, "format": "pmemobj",
	"poolset_uuid": "", "poolset_uuid_after": "", "steps": [], "targets": [{"label": "source[0]", "path": "/dev/%s",
	"size": %s, "plain": true}], "edits": [{"step": 1, "target": "source[0]", "offset": 4112, "was": "00000000", "now": "61626364",
	"why": ""}]}""" % (sys.argv[2], sys.argv[3]))' plan "$disk" "$(blockdev --getsize64 "/dev/$disk")"
./pmemscope apply plan --journal journal >said 2>&1 || echo $? >status
cat "/sys/block/$disk/badblocks" >after
dd if=/dev/$disk of=sector bs=512 skip=8 count=1 iflag=direct status=none
END
cp "$PMEMSCOPE" pmemscope # what lies elsewhere may not be seen in the guest
status=0
"$PMEM_VM_TOOL" --nfit-test -- sh ./in-guest >out 2>log || status=$?
[ $status != 125 ] || { echo "the kernel's simulated NVDIMMs cannot be had: $(tail -1 log)"; exit 77; }
[ $status = 0 ] || { fail "the guest ends with $status: $(tail -5 log)"; exit 1; }
same "the kernel's list" "8 2" "$(cat before)"
same "the sector cannot be read" failed "$(cat unread)"
# its page is not read either, through the kernel's cache
same "what is told of the disk" 4096+4096 "$(python3 - json <<'END'
import json, sys
print(" ".join(f'{u["offset"]}+{u["length"]}' for u in json.load(open(sys.argv[1]))["sources"][0]["unread"]["ranges"]))
END
)"
same "the edit is written" "" "$(cat status 2>/dev/null || true)"
same "its sector is off the list, the next one is not" "9 1" "$(cat after)"
same "and holds the edit, in zeros" "$(python3 -c 'import sys; b = bytearray(512); b[16:20] = b"abcd"; sys.stdout.buffer.write(b)' | sha256sum)" \
	"$(sha256sum <sector)"
exit $failed
