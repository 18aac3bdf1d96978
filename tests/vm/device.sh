#!/usr/bin/env bash
# A live pool on a DAX device, in a VM: read through the device itself, whole and with bad blocks that the kernel knows of.
. "$(dirname "$0")/lib.sh"

cat >in-guest <<'END'
set -eu
ndctl create-namespace -f -m devdax -r region0 >/dev/null
printf 'PMEMPOOLSET\nAUTO /dev/dax0.0\n' >/tmp/dax.set
pmempool create --layout live obj /tmp/dax.set
daxio -i /dev/dax0.0 -o whole >/dev/null 2>&1
./pmemscope extract /dev/dax0.0 pool --out pool 2>/dev/null
./pmemscope check /dev/dax0.0 >check 2>&1 || true
./pmemscope analyze --json json /tmp/dax.set >/dev/null 2>&1 || true
pmem-vm-badblock dax0.0 8192 16
./pmemscope extract /dev/dax0.0 pool --out holed 2>/dev/null || true
cp /sys/bus/nd/devices/region0/badblocks badblocks
END
cp "$PMEMSCOPE" pmemscope # what lies elsewhere may not be seen in the guest
status=0
"$PMEM_VM_TOOL" --nvdimm 16M -- sh ./in-guest >out 2>log || status=$?
[ $status = 0 ] || { fail "the guest ends with $status: $(tail -5 log)"; exit 1; }
same "the device's bytes" "$(sha256sum <whole)" "$(sha256sum <pool)"
same "its verdict" "/dev/dax0.0: clean" "$(head -1 check | cut -d' ' -f1-2)"
same "its layer" dax-device "$(python3 -c 'import json; print(json.load(open("json"))["sources"][1]["layers"][0]["kind"])')"
same "a bad block is what could not be had" "0x00400000  0x00002000  -" "$(grep -- ' -$' holed.map | tail -1)"
same "and the rest is as it was" "" "$(cmp -l whole holed | awk '$1 <= 4194304 || $1 > 4202496' | head -1)"
exit $failed
