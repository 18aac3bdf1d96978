#!/usr/bin/env bash
# slurm.sh PMEMSCOPE [POOLS]: a batch on a real Slurm (slurmctld, three slurmd and munge on this machine, as root): an array
# of shards and the merge after it, a node killed in the middle, its task queued again; what is told at the end is what one
# machine tells. Status 77: there is no Slurm here, or it does not start.
set -euo pipefail
PMEMSCOPE=$(realpath "$1")
export PMEMSCOPE PMEM_IS_PMEM_FORCE=1 PMEMSCOPE_OPTIONS="--reproducible --fresh-workers --timeout 1200"
pools=${2:-1500}
examples=$(realpath "$(dirname "$0")/../../report/batch/examples")
for tool in munged slurmctld slurmd sbatch; do
	command -v $tool >/dev/null || { echo "SKIPPED: no $tool here"; exit 77; }
done
[ "$(id -u)" = 0 ] || { echo "SKIPPED: only root can start slurmd"; exit 77; }
dir=$SCRATCH host=$(hostname -s)
rm -rf "$dir"
mkdir -p "$dir"/{state,spool,in}
cd "$dir"
pids=()
end() {
	local pid
	set +e
	scancel --signal=KILL --full --user=root --state=RUNNING 2>/dev/null && sleep 1
	for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null; done
	[ "${KEEP:-0}" = 1 ] || rm -rf "$dir/in" "$dir/state" "$dir/spool"
}
trap end EXIT
# stepd JOB: the process that looks after it; tree PID: it and all below it
stepd() { ps -eo pid,args | awk -v job="[$1.batch]" '$2 == "slurmstepd:" && $3 == job { print $1 }'; }
tree() {
	local pid
	for pid in $1; do
		echo "$pid"
		tree "$(ps -o pid= --ppid "$pid" || true)"
	done
}
fail() { printf 'FAIL: %s\n' "$*"; tail -n 5 "$dir"/*.log; exit 1; }

# munge and Slurm, all of it below this directory, on ports of their own
dd if=/dev/urandom of=munge.key bs=1 count=1024 status=none
chmod 400 munge.key
munged --foreground --force --num-threads=2 --key-file="$dir/munge.key" --socket="$dir/munge.sock" --pid-file="$dir/munged.pid" \
	--log-file="$dir/munged.log" --seed-file="$dir/munge.seed" >munged.out 2>&1 &
pids+=($!)
export SLURM_CONF=$dir/slurm.conf
cat >slurm.conf <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=27817
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.sock
CredType=cred/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,bf_interval=1
SlurmctldTimeout=10
SlurmdTimeout=10
MinJobAge=300
ReturnToService=2
JobRequeue=1
NodeName=n[1-3] NodeHostname=$host NodeAddr=127.0.0.1 Port=[27821-27823] CPUs=1 RealMemory=1000
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
for _ in $(seq 50); do [ -S munge.sock ] && break; sleep 0.1; done
slurmctld -D >slurmctld.out 2>&1 &
pids+=($!)
declare -A node
for n in n1 n2 n3; do
	mkdir -p spool/$n
	slurmd -D -N $n >slurmd-$n.out 2>&1 &
	node[$n]=$!
	pids+=($!)
done
for _ in $(seq 100); do [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 3 ] && break; sleep 0.3; done
[ "$(sinfo -h -t idle -o %D)" = 3 ] || { echo "SKIPPED: no three idle nodes: $(sinfo 2>&1)"; tail -n 5 "$dir"/*.log "$dir"/*.out; exit 77; }

# the fleet; every tenth is damaged
pmempool create log -s 2M base
for i in $(seq "$pools"); do
	cp --sparse=always base in/$i.log
	printf '%08d' "$i" | dd of=in/$i.log bs=1 seek=9000 conv=notrunc status=none
	[ $((i % 10)) != 0 ] || printf XXXX | dd of=in/$i.log bs=1 seek=40 conv=notrunc status=none
done
"$PMEMSCOPE" batch manifest make in -o m.jsonl
began=$SECONDS
job=$("$examples/slurm-submit" m.jsonl out 6)

# a node dies while its task is at work: its daemon, the step and all below it, at once
for _ in $(seq 200); do
	victim=$(squeue -h -t R -w n2 -n pmemscope -o '%i' | head -1)
	[ -n "$victim" ] && [ "$(ls -d out/??/*/ 2>/dev/null | wc -l)" -gt 20 ] && break
	sleep 0.1
done
[ -n "$victim" ] || fail "nothing runs on n2: $(squeue)"
done_before=$(ls -d out/??/*/ | wc -l)
doomed="${node[n2]} $(tree "$(stepd "$(squeue -h -w n2 -t R -o %A | head -1)")")"
kill -KILL $doomed 2>/dev/null || true
scontrol update nodename=n2 state=down reason=killed
echo "killed n2 with task $victim after $done_before results; processes $doomed"
[ "$(wc -w <<<"$doomed")" -ge 3 ] || fail "the task's own processes were not found"
[ "$done_before" -lt "$pools" ] || fail "all was done before the node died: more pools are needed"

for _ in $(seq 1200); do
	state=$(scontrol show job "$job" -o | sed 's/.*JobState=\([A-Z_]*\).*/\1/')
	case $state in
	COMPLETED) break ;;
	FAILED | CANCELLED | TIMEOUT | NODE_FAIL) fail "the merge is $state: $(squeue; scontrol show job -o | cut -c1-300)" ;;
	esac
	sleep 0.5
done
[ "$state" = COMPLETED ] || fail "the merge is still $state: $(squeue)"
restarts=$(scontrol show job -o | sed -n 's/.* Restarts=\([0-9]*\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
nodes=$(scontrol show job -o | sed -n 's/.* NodeList=\(n[0-9]\).*/\1/p' | sort -u | wc -l)
[ "$nodes" -ge 2 ] || fail "the tasks were not on several nodes"
echo "$pools pools on three nodes in $((SECONDS - began)) s, $restarts task(s) queued again"
[ "$restarts" -ge 1 ] || fail "no task was queued again"

# the same by one machine
"$PMEMSCOPE" batch m.jsonl -o single -j2 --quiet $PMEMSCOPE_OPTIONS >single.txt || true
"$PMEMSCOPE" batch merge single >/dev/null || true
for f in images.jsonl findings.jsonl fleet.sarif fleet.html; do
	cmp "out/fleet/$f" "single/fleet/$f" || fail "$f is not what one machine tells"
done
[ "$(wc -l <out/fleet/images.jsonl)" = "$pools" ] || fail "not all images were told"
for t in images findings; do
	cmp <(python3 -c "import sqlite3; [print(r) for r in sqlite3.connect('out/fleet/fleet.sqlite').execute('SELECT * FROM $t')]") \
	    <(python3 -c "import sqlite3; [print(r) for r in sqlite3.connect('single/fleet/fleet.sqlite').execute('SELECT * FROM $t')]") ||
		fail "table $t is not what one machine tells"
done
echo "the merged result is that of one machine: $(tail -2 out/merge.log | head -1)"
