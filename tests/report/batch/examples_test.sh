#!/usr/bin/env bash
# What is given to the engines of clusters: scripts that every shell takes, a Job whose variables are those that the program
# asks for, GNU parallel's line run by GNU parallel; each makes what one machine makes.
. "$(dirname "$0")/../lib.sh"
examples=$SOURCE/report/batch/examples
scripts=(slurm-submit slurm-shard.sbatch slurm-merge.sbatch parallel)
here_is() { command -v "$1" >/dev/null || { echo "SKIPPED: there is no $1 here"; return 1; }; }

for f in "${scripts[@]}"; do
	sh -n "$examples/$f" || fail "$f is no script"
done
if here_is shellcheck; then
	(cd "$examples" && shellcheck -s sh "${scripts[@]}") || fail "shellcheck has something to say"
fi

# The fleet: two damaged pools of twelve, and what one machine tells.
mkdir "it's in" bin # a name that a shell has to be told of
ln -s "$PMEMSCOPE" bin/pmemscope
for i in $(seq 12); do
	pmempool create log -s 2M "it's in/$i.log"
done
put "it's in/3.log" 40 'XXXX'
put "it's in/9.log" 40 'YYYY'
exits 0 "$PMEMSCOPE" batch manifest make "it's in" -o "it's in/m.jsonl"
exits 4 "$PMEMSCOPE" batch -q --reproducible "it's in/m.jsonl" -o one -j1
exits 4 "$PMEMSCOPE" batch merge one
export PMEMSCOPE PMEMSCOPE_OPTIONS=--reproducible
# same OUT: what is told there is what one machine tells
same() {
	for f in images.jsonl findings.jsonl fleet.sarif fleet.html; do
		cmp -s "one/fleet/$f" "$1/fleet/$f" || fail "$1: $f is not that of one machine"
	done
}

# Slurm: the tasks of an array, as it runs them
for i in 5 7; do
	exits 0 env SLURM_ARRAY_TASK_ID=$i SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=5 SLURM_ARRAY_TASK_STEP=2 SLURM_JOB_ID=1 \
		sh "$examples/slurm-shard.sbatch" "it's in/m.jsonl" slurm
	awk '/analysed now/ { exit $1 < 1 || $1 > 11 }' out || fail "task $i did not do a part: $(cat out)"
done
exits 0 sh "$examples/slurm-merge.sbatch" slurm
same slurm
# What may go better is queued again, three times at most; what will not, is not.
printf '#!/bin/sh\necho "$@" >>%s/queued\n' "$PWD" >bin/scontrol
printf '#!/bin/sh\nexit $WITH\n' >bin/ends
chmod +x bin/scontrol bin/ends
for status in 8 16 32 64; do
	exits $status env PATH="$PWD/bin:$PATH" PMEMSCOPE=ends WITH=$status SLURM_JOB_ID=$status sh "$examples/slurm-shard.sbatch" m o
	exits $status env PATH="$PWD/bin:$PATH" PMEMSCOPE=ends WITH=$status SLURM_JOB_ID=$status SLURM_RESTART_COUNT=3 \
		sh "$examples/slurm-shard.sbatch" m o
done
[ "$(cat queued)" = "$(printf 'requeue 8\nrequeue 32')" ] || fail "queued again: $(cat queued)"

# Kubernetes: the Job's own lines with its own variables, in as many pods as it has completions
if python3 -c 'import yaml' 2>/dev/null; then
	python3 - "$examples/kubernetes.yaml" <<'PY' || fail "the Job is not what it should be"
import sys, yaml
job = yaml.safe_load(open(sys.argv[1]))
spec, pod = job["spec"], job["spec"]["template"]["spec"]
box, = pod["containers"]
assert (job["apiVersion"], job["kind"], spec["completionMode"]) == ("batch/v1", "Job", "Indexed")
assert pod["restartPolicy"] == "Never" # podFailurePolicy asks for it
codes = [r["onExitCodes"] for r in spec["podFailurePolicy"]["rules"] if r["action"] == "FailJob"]
assert codes == [{"containerName": box["name"], "operator": "In", "values": [16, 64]}], codes
mounts = {m["name"]: m for m in box["volumeMounts"]}
assert mounts.keys() == {v["name"] for v in pod["volumes"]} and mounts["captures"]["readOnly"]
open("completions", "w").write(str(spec["completions"]))
open("env", "w").write("".join("%s=%s\n" % (e["name"], e["value"]) for e in box["env"]))
shell, option = box["command"]
lines, = box["args"]
assert (shell, option) == ("/bin/sh", "-c")
for theirs, ours in (("/captures/fleet.jsonl", "m.jsonl"), ("/results", "../pods"), (" --quiet", " --reproducible")):
    assert theirs in lines, theirs
    lines = lines.replace(theirs, ours)
open("job.sh", "w").write(lines)
PY
	mapfile -t variables <env
	completions=$(cat completions)
	for i in $(seq 0 $((completions - 1))); do
		exits 0 env -C "it's in" "${variables[@]}" PATH="$PWD/bin:$PATH" JOB_COMPLETION_INDEX="$i" sh "$PWD/job.sh"
		says err "shard $i of $completions (of the Kubernetes Indexed Job)"
	done
	exits 4 "$PMEMSCOPE" batch merge pods
	same pods
	exits 16 env -C "it's in" PATH="$PWD/bin:$PATH" JOB_COMPLETION_INDEX=0 sh "$PWD/job.sh" # without its variables
else
	echo "SKIPPED: there is no python3-yaml here"
fi

if here_is parallel && parallel --version 2>&1 | grep -q GNU; then
	exits 4 "$examples/parallel" "it's in/m.jsonl" "par allel" 3
	[ "$(awk 'NR > 1 { print $7 }' "par allel/parallel.log")" = "$(printf '0\n0\n0')" ] || fail "GNU parallel: $(cat "par allel/parallel.log")"
	same "par allel"
fi
exit $failed
