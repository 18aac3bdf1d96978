#!/usr/bin/env bash
# A replica on a DAX device: added to a pool of a file, made anew when it is damaged, taken as the source when the file is lost,
# and removed again; PMDK's tool and library look at every result. In a VM.
. "$(dirname "$0")/lib.sh"

cp "$PMEMSCOPE" pmemscope # what lies elsewhere may not be seen in the guest
cp "$PEERS/obj_use" "$PEERS/obj_content" .

cat >in-guest <<'END'
set -u
ndctl create-namespace -f -m devdax -r region0 >/dev/null
printf 'PMEMPOOLSET\n10M /tmp/file\n' >/tmp/one
printf 'PMEMPOOLSET\n10M /tmp/file\nREPLICA\nAUTO /dev/dax0.0\n' >/tmp/two
tell() { # NAME COMMAND...: its status
	name=$1; shift
	"$@" >"$name.log" 2>&1
	echo "$name $?" >>told
}
# the objects, and a use, of a copy: what was there is to be found again
content() {
	cp --sparse=always /tmp/file /tmp/kept && daxio -i /dev/dax0.0 -o /tmp/device >/dev/null 2>&1
	./obj_content "$2" >"$1.found" 2>>"$1.log"
	cp --sparse=always /tmp/kept /tmp/file && daxio -i /tmp/device -o /dev/dax0.0 >/dev/null 2>&1
}
pmempool create obj /tmp/one
./obj_use close /tmp/one
content wanted /tmp/one
head -c 4M /dev/urandom >/tmp/noise
daxio -i /tmp/noise -o /dev/dax0.0 >/dev/null 2>&1
tell dry ./pmemscope transform --dry-run /tmp/one /tmp/two
daxio -i /dev/dax0.0 -o /tmp/seen -l 4194304 >/dev/null 2>&1
tell dry-left-it cmp /tmp/noise /tmp/seen
tell add ./pmemscope transform /tmp/one /tmp/two
tell add-peer pmempool check /tmp/two
tell add-sync pmempool sync /tmp/two
content added /tmp/two
daxio -z -o /dev/dax0.0 -l 4096 >/dev/null 2>&1
tell header ./pmemscope sync /tmp/two
tell header-peer pmempool check /tmp/two
daxio -i /tmp/noise -o /dev/dax0.0 -s 4194304 -l 1048576 >/dev/null 2>&1
tell data ./pmemscope sync /tmp/two
content mended /tmp/two
rm /tmp/file
tell back ./pmemscope sync /tmp/two
tell back-peer pmempool check /tmp/two
content back /tmp/two
tell held flock /dev/dax0.0 ./pmemscope sync /tmp/two
tell remove ./pmemscope transform /tmp/two /tmp/one
tell remove-peer pmempool check /tmp/one
daxio -i /dev/dax0.0 -o /tmp/seen -l 2097152 >/dev/null 2>&1
head -c 2M /dev/zero >/tmp/zeros
tell blanked cmp -n 2097152 /tmp/zeros /tmp/seen
content removed /tmp/one
END
status=0
"$PMEM_VM_TOOL" --nvdimm 16M -- sh ./in-guest >out 2>log || status=$?
[ $status = 0 ] || { fail "the guest ends with $status: $(tail -5 log)"; exit 1; }
for step in dry dry-left-it add add-peer add-sync header header-peer data back back-peer remove remove-peer blanked; do
	same "$step" "$step 0" "$(grep "^$step " told || true)"
	grep -q "^$step 0" told || tail -3 "$step.log"
done
same "a device in use" "held 8" "$(grep '^held ' told || true)"
for found in added mended back removed; do
	same "objects: $found" "$(cat wanted.found)" "$(cat $found.found)"
done
grep -q sound wanted.found || fail "the library does not find the pool sound: $(cat wanted.log)"
exit $failed
