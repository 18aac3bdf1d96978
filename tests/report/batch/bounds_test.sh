#!/usr/bin/env bash
# What a batch may take: each worker's memory, and the time until it has a first result of a long manifest.
. "$(dirname "$0")/../lib.sh"

# A worker that takes what it can get is as large as it was told it may be, whichever way it was started; no larger.
mkdir in
for i in 1 2 3; do
	pmempool create log -s 2M in/good$i.log
done
pmempool create log -s 2M in/fill.log
cat >peak.py <<'PY'
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], check=False).returncode
open("kib", "w").write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)) # of the largest below us
sys.exit(status)
PY
exits 0 "$PMEMSCOPE" batch manifest make in -o in.jsonl # without the shim, which acts on whoever reads
if [ -e "$SHIM" ] && [ -z "$(ldd "$PMEMSCOPE" | grep asan)" ]; then
	for more in '' --fresh-workers; do
		for mib in 64 128; do
			exits 4 python3 peak.py env LD_PRELOAD="$SHIM" "$PMEMSCOPE" batch -q in.jsonl -o "out$more$mib" -j2 --worker-memory ${mib}M $more
			says out '4 images: 1 unread, 3 clean'
			echo "--worker-memory ${mib}M $more: the largest process took $(($(cat kib) / 1024)) MiB"
			# beside the data there is what is mapped of programs and libraries
			[ "$(cat kib)" -gt $(((mib - 16) * 1024)) ] || fail "no worker came near its bound: $(cat kib) KiB"
			[ "$(cat kib)" -lt $(((mib + 32) * 1024)) ] || fail "a worker took more than its bound: $(cat kib) KiB"
		done
	done
else
	echo "SKIPPED: memory is not bounded under a sanitizer"
fi

# The first result does not wait for the rest of the manifest.
cat >first.py <<'PY'
import glob, json, os, signal, subprocess, sys, time
image = json.loads(open("one.jsonl").readline())
def first(lines):
	with open("m.jsonl", "w") as f:
		for i in range(lines):
			image["id"] = "%032x" % (i * 0x9e3779b97f4a7c15f39cc0605cedc835 % (1 << 128))
			f.write(json.dumps(image) + "\n")
	began = time.monotonic()
	p = subprocess.Popen([sys.argv[1], "batch", "-q", "m.jsonl", "-o", "first%d" % lines, "-j1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
	while not glob.glob("first%d/??/*/done.json" % lines):
		assert p.poll() is None and time.monotonic() < began + 60, "no result"
		time.sleep(0.002)
	took = time.monotonic() - began
	p.send_signal(signal.SIGTERM)
	assert p.wait() == 32, p.returncode
	return took
few, many = min(first(200 + i) for i in range(3)), min(first(10000 + i) for i in range(3))
print("the first result of 200 lines after %.0f ms, of 10000 lines after %.0f ms" % (few * 1e3, many * 1e3))
sys.exit(many > few + 0.5)
PY
exits 0 "$PMEMSCOPE" batch manifest make in/good1.log -o one.jsonl
python3 first.py "$PMEMSCOPE" || fail "a long manifest does not start at once"
exit $failed
