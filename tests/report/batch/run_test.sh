#!/usr/bin/env bash
# A batch: images of every kind, some of which crash, hang or grow; stopped, killed, and gone on with.
. "$(dirname "$0")/../lib.sh"
. "$here/lib.sh"
printf '#!/bin/sh\nexec "$BIN" batch --quiet --reproducible "$@"\n' >batch
chmod +x batch
PATH=$PWD:$PATH

mkdir -p in/deep/er in/set
pmempool create obj --layout=a -s 8M in/a.obj
cp in/a.obj in/deep/copy.obj
pmempool create log -s 2M in/deep/b.log
pmempool create log -s 2M in/damaged.log
put in/damaged.log 40 'XXXX'
gzip -kc in/deep/b.log >in/deep/er/packed
head -c 3000000 /dev/urandom >in/noise
printf 'PMEMOBJ\0' >in/stub.obj
echo 'not evidence' >in/readme.txt
: >in/empty
name=$'in/odd \xff\n<b>.log'
pmempool create log -s 2M "$name"
printf 'PMEMPOOLSET\n8M %s/in/set/one\n8M %s/in/set/two\n' "$PWD" "$PWD" >in/set/pool.set
pmempool create obj in/set/pool.set
mkdir in/parts
printf 'PMEMPOOLSET\n8M %s/in/parts/one\n8M %s/in/parts/two\n' "$PWD" "$PWD" >parts.set
pmempool create obj parts.set

exits 0 "$PMEMSCOPE" batch manifest make in -o m.jsonl
says err '1 files are left out'
says err '1 images are left out: the same bytes'
python3 - <<'PY' || fail "the manifest is not what it should be"
import json
lines = [json.loads(l) for l in open("m.jsonl", encoding="utf-8")]
kinds = sorted(l["kind"] for l in lines)
assert kinds == ["packed", "parts", "pool", "pool", "pool", "pool", "pool", "set", "unknown"], kinds
assert len({l["id"] for l in lines}) == len(lines)
parts = next(l for l in lines if l["kind"] == "parts")
assert [f["path"].split("/")[-1] for f in parts["files"]] == ["one", "two"], parts
odd = [l for l in lines if isinstance(l["source"], dict)]
assert len(odd) == 1 and bytes.fromhex(odd[0]["source"]["hex"]).endswith(b"odd \xff\n<b>.log"), odd
PY
# an id is of the bytes: elsewhere, full instead of sparse, it is the same
mkdir moved
cat in/a.obj >moved/other
exits 0 "$PMEMSCOPE" batch manifest make moved -o moved.jsonl
grep -q "$(grep -F '/in/a.obj"' m.jsonl | cut -c9-40)" moved.jsonl || fail "a copy has another id"

exits 4 batch m.jsonl -o res -j2
says out '9 images: 1 damaged, 2 not a pool, 6 clean'
[ "$(ls res/??/*/done.json | wc -l)" = 9 ] || fail "not every image has a result"
[ -z "$(ls -A res/.aside)" ] || fail "something was left aside: $(ls -R res/.aside)"
set_id=$(python3 -c 'import json
for l in open("m.jsonl"):
	d = json.loads(l)
	if d["kind"] in ("set", "parts"): print(d["id"])')
for id in $set_id; do
	grep -q '"verdict": "clean"' "res/${id:0:2}/$id/done.json" || fail "a set is not clean: $(cat "res/${id:0:2}/$id/done.json")"
done
damaged=$(python3 -c 'import json
for l in open("m.jsonl"):
	d = json.loads(l)
	if str(d["source"]).endswith("damaged.log"): print(d["id"])')
[ -s "res/${damaged:0:2}/$damaged/report.html" ] || fail "the damaged pool has no page"

# ranges that could not be read are told by a file beside it, which is no part of a hurry: the same whoever looks
mkdir -p torn
for i in 1 2 3 4 5 6; do
	cp in/deep/b.log torn/$i.log
	put torn/$i.log 5000 "$i"
	printf '# Mapfile of GNU ddrescue\n0x0 + 1\n0x0 0x1000 -\n0x1000 0x1FF000 +\n' >torn/$i.log.map
done
exits 4 batch torn/?.log -o torn.out -j2
says out '6 images: 6 damaged'
exits 0 "$PMEMSCOPE" batch manifest make torn/1.log -o torn.jsonl
grep -q '1.log.map' torn.jsonl || fail "a mapfile does not belong to its image"

# a damaged set's report is the one that analyze makes: the sandbox takes nothing away
mkdir -p bent
printf 'PMEMPOOLSET\n8M %s/bent/one\n8M %s/bent/two\nREPLICA\n16M %s/bent/three\n' "$PWD" "$PWD" "$PWD" >bent/pool.set
pmempool create obj bent/pool.set
put bent/two 72 'XXXXXXXX'
exits 4 batch bent -o bent.out
exits 4 "$PMEMSCOPE" analyze -q --reproducible --json bent.json "$PWD/bent/pool.set"
cmp bent.out/??/*/report.json bent.json || fail "a set's report in a batch is not that of analyze"
exits 4 "$PMEMSCOPE" analyze -q --reproducible --json damaged.json "$PWD/in/damaged.log"
cmp "res/${damaged:0:2}/$damaged/report.json" damaged.json || fail "a pool's report in a batch is not that of analyze"

# every image in a process of its own says the same
exits 4 batch m.jsonl -o fresh -j2 --fresh-workers
strip='s/"microseconds": [0-9]*/"microseconds": 0/; s/"options": "[0-9a-f]*"//'
for d in res/??/*; do
	diff -r -x done.json "$d" "fresh/${d#res/}" >/dev/null || fail "$d differs in a process of its own"
	cmp -s <(sed "$strip" "$d/done.json") <(sed "$strip" "fresh/${d#res/}/done.json") || fail "$d/done.json differs"
done

# again: nothing to do; a changed input: that one; other options: all
exits 4 batch m.jsonl -o res -j2
says out '0 analysed now, 9 known from before'
touch in/a.obj
exits 4 batch m.jsonl -o res -j2
says out '1 analysed now, 8 known from before'
exits 4 batch m.jsonl -o res -j2 --max-findings 5
says out '9 analysed now'
: >"res/${damaged:0:2}/$damaged/report.json" # as after a power failure
exits 4 batch m.jsonl -o res -j2 --max-findings 5
says out '1 analysed now'

# paths in place of a manifest; results inside of the tree are no evidence
exits 4 batch in -o in/results -j2
exits 4 batch in -o in/results -j2
says out '9 known from before'

# a word of ours is a word, and a file of that name has a way in
cp m.jsonl manifest
exits 16 batch manifest -o word
says err 'is ./manifest'
[ ! -e word ] || fail "a usage error made results"
exits 4 batch ./manifest -o word
exits 4 batch run manifest -o word
says out '9 known from before'
rm manifest
exits 16 batch manifest -o word
! grep -q 'is ./manifest' err || fail "a file is told of that is not there"

# shards: together all, each image once
for i in 0 1 2; do
	batch m.jsonl -o sharded --shard $i/3 -j1 >shard.$i || true
done
[ "$(ls sharded/??/*/done.json | wc -l)" = 9 ] || fail "shards do not make a whole"
[ "$(awk '/analysed now/ { n += $1 } END { print n }' shard.?)" = 9 ] || fail "shards overlap: $(cat shard.?)"
SLURM_ARRAY_TASK_ID=7 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_COUNT=3 "$PMEMSCOPE" batch --quiet --reproducible m.jsonl -o sharded2 >slurm || true
cmp -s <(sed 's/;.*//' shard.2) <(sed 's/;.*//' slurm) || fail "Slurm's third task is not shard 2 of 3"
JOB_COMPLETION_INDEX=1 PMEMSCOPE_SHARDS=3 "$PMEMSCOPE" batch --quiet --reproducible m.jsonl -o sharded3 >k8s || true
cmp -s <(sed 's/;.*//' shard.1) <(sed 's/;.*//' k8s) || fail "Kubernetes' second pod is not shard 1 of 3"
exits 16 env JOB_COMPLETION_INDEX=1 "$PMEMSCOPE" batch m.jsonl -o sharded3
exits 16 batch m.jsonl -o res --shard 3/3

# what is wrong with a manifest costs its line
(head -1 m.jsonl; echo 'no json'; echo '{"id": "../../../../etc/passwd"}'; head -1 m.jsonl) >bad.jsonl
exits 8 batch bad.jsonl -o bad
says err 'line 2: no JSON object'
says err 'line 3: its id'
says out '1 twice in the manifest'
exits 16 "$PMEMSCOPE" batch m.jsonl
exits 8 "$PMEMSCOPE" batch manifest make in/missing
exits 64 "$PMEMSCOPE" batch manifest make in/empty
exits 8 batch missing.jsonl -o res

# images that crash, hang, grow, or whose report has no end
if [ -e "$SHIM" ] && [ -z "$(ldd "$PMEMSCOPE" | grep asan)" ]; then
	mkdir evil
	for i in 1 2 3 4; do
		pmempool create log -s 2M evil/good$i.log
	done
	for word in crash hang bomb write exec; do
		pmempool create log -s 2M evil/$word.log
	done
	exits 0 "$PMEMSCOPE" batch manifest make evil -o evil.jsonl
	exits 4 env LD_PRELOAD="$SHIM" "$PMEMSCOPE" batch -q --reproducible evil.jsonl -o evil.out -j2 --timeout 10 --worker-memory 300M
	if grep -q 'this kernel has no\|built without' err; then
		echo "the sandbox is not tested: $(cat err)"
	else
		says out '9 images: 4 unread, 5 clean' # what tried to write is none the worse for it
		says out '3 with batch.worker.crashed'
		[ ! -e escaped ] || fail "a worker wrote or ran what it may not"
		grep -q '"signal": 31' evil.out/??/*/done.json || fail "no worker was ended for a system call"
	fi
	says out '1 with batch.worker.timeout'
fi
for id in crashed timeout output killed bound; do
	exits 0 "$PMEMSCOPE" explain batch.worker.$id
done
exits 4 batch m.jsonl -o long -j2 --output-limit 3K
says out 'with batch.worker.output'

# SIGTERM: finished results stay; the same command goes on
mkdir many
for i in $(seq 200); do
	cp --reflink=auto in/deep/b.log many/$i.log
	printf '%08d' "$i" | dd of=many/$i.log bs=1 seek=9000 conv=notrunc status=none
done
"$PMEMSCOPE" batch manifest make many -o many.jsonl
batch many.jsonl -o whole -j2 >/dev/null || true
told whole >whole.told
batch many.jsonl -o part -j1 --fresh-workers >part.txt 2>&1 &
pid=$!
for _ in $(seq 600); do # until it is at work: before that it ends as any program does
	! ls part/??/*/done.json >/dev/null 2>&1 || break
	sleep 0.05
done
kill -TERM $pid
wait $pid && status=0 || status=$?
[ $status = 32 ] || [ $status = 0 ] || [ $status = 4 ] || fail "SIGTERM ended it with $status"
[ -z "$(ls -A part/.aside)" ] || fail "something was left aside after SIGTERM"

# SIGKILL at random points, again and again, ends in what an undisturbed run makes
for wait in 0.05 0.1 0.02 0.15 0.2 0.07 0.3 0.12; do
	batch many.jsonl -o killed -j2 >/dev/null 2>&1 &
	pid=$!
	sleep $wait
	kill -KILL $pid 2>/dev/null || true
	wait $pid 2>/dev/null || true
done
batch many.jsonl -o killed -j2 >/dev/null || true
told killed >killed.told
cmp -s whole.told killed.told || fail "killed and gone on with is not the same as undisturbed: $(diff whole.told killed.told | head -5)"
[ -z "$(ls -A killed/.aside)" ] || fail "dead runs left something aside"
exit $failed
