#!/usr/bin/env bash
# What is given to the engines of clusters: scripts that a shell takes, a Job whose variables are those the program asks for.
. "$(dirname "$0")/../lib.sh"
examples=$SOURCE/report/batch/examples
for f in slurm-submit slurm-shard.sbatch slurm-merge.sbatch parallel; do
	sh -n "$examples/$f" || fail "$f is no script"
done
# the Job's own lines, and what the program is told there
sed -n '/- |$/,/env:/p' "$examples/kubernetes.yaml" | sed '1d;$d' >job.sh
grep -q batch job.sh || fail "the Job runs no batch"
completions=$(sed -n 's/^  completions: //p' "$examples/kubernetes.yaml")
says "$examples/kubernetes.yaml" "{ name: PMEMSCOPE_SHARDS, value: \"$completions\" }"
says "$examples/kubernetes.yaml" 'completionMode: Indexed'

mkdir in bin
ln -s "$PMEMSCOPE" bin/pmemscope
for i in 1 2 3 4 5; do pmempool create log -s 2M in/$i.log; done
put in/3.log 40 'XXXX'
exits 0 "$PMEMSCOPE" batch manifest make in -o m.jsonl
"$PMEMSCOPE" batch -q --reproducible m.jsonl -o one -j1 >/dev/null || true
"$PMEMSCOPE" batch merge one >/dev/null || true
export PMEMSCOPE PMEMSCOPE_OPTIONS=--reproducible

# a task of an array, as Slurm runs it; that of a pod, as Kubernetes does
for i in 0 1; do
	exits 0 env SLURM_ARRAY_TASK_ID=$i SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=0 SLURM_JOB_ID=1 \
		sh "$examples/slurm-shard.sbatch" m.jsonl slurm
done
exits 0 sh "$examples/slurm-merge.sbatch" slurm
cmp -s one/fleet/images.jsonl slurm/fleet/images.jsonl || fail "tasks of an array do not make the same"
sed -i "s,/captures/fleet.jsonl,m.jsonl,; s,/results,pods,; s,--quiet,--quiet --reproducible," job.sh
for i in 0 1; do
	exits 0 env PATH="$PWD/bin:$PATH" JOB_COMPLETION_INDEX=$i PMEMSCOPE_SHARDS=2 sh job.sh
done
"$PMEMSCOPE" batch merge pods >/dev/null || true
cmp -s one/fleet/images.jsonl pods/fleet/images.jsonl || fail "pods do not make the same"
if parallel --version 2>&1 | grep -q GNU; then
	exits 4 "$examples/parallel" m.jsonl par 3
	cmp -s one/fleet/images.jsonl par/fleet/images.jsonl || fail "GNU parallel does not make the same"
fi
exit $failed
