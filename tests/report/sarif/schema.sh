#!/usr/bin/env bash
# schema.sh PMEMSCOPE SARIF-SCHEMA: every kind of SARIF that is written, by the schema of the standard.
. "$(dirname "$0")/../lib.sh"
schema=$2

pmempool create obj --layout=books -s 20M before
"$PEERS/obj_use" close before >/dev/null
cp before after
"$PEERS/obj_use" tx after >/dev/null 2>&1 || true # killed, as it should be
cp after damaged
put damaged 100 'XXXX'
put damaged 4100 'XXXX'
pmempool create blk 512 -s 32M blk
put blk 8300 'XXXX' # its backup mends it: a fix
gzip -k after
printf 'PMEMPOOLSET\n10M %s/a.part\n10M %s/c.part\n' "$PWD" "$PWD" >set
pmempool create obj set
put c.part 100 'XXXX'
printf '# Mapfile. Created by GNU ddrescue version 1.27\n0x0     ?     1\n0x0 0x1000 +\n0x1000 0x1000 -\n0x2000 0x13FE000 +\n' >before.map
mkdir $'<\xff">'
cp damaged $'<\xff">/odd.pool'
echo text >text

nr=0
for s in before after damaged blk after.gz set $'<\xff">/odd.pool' text missing; do
	for options in '' --reproducible '--deep --user-bytes' '--max-findings 1' '--redact ids' '--redact metadata-only' '--redact strict'; do
		nr=$((nr + 1))
		# shellcheck disable=SC2086
		"$PMEMSCOPE" analyze --quiet $options --sarif $nr.sarif -- "$s" 2>/dev/null || true
		[ -s $nr.sarif ] || [ "$s" = missing ] || fail "no SARIF of $s"
	done
done
"$PMEMSCOPE" analyze --quiet --sarif all.sarif before damaged blk text 2>/dev/null || true
for level in none ids metadata-only strict; do
	"$PMEMSCOPE" diff --quiet --redact $level before damaged --sarif new-$level.sarif || true
	"$PMEMSCOPE" diff --quiet --redact $level damaged after --sarif gone-$level.sarif || true
done
mkdir in
mv damaged blk after in/
"$PMEMSCOPE" batch manifest make in -o m.jsonl
"$PMEMSCOPE" batch m.jsonl -o results --quiet >/dev/null || true
"$PMEMSCOPE" batch merge results >/dev/null || true
[ -s results/fleet/fleet.sarif ] || fail "no SARIF of a fleet"
[ "$(ls results/??/*/report.sarif | wc -l)" = 3 ] || fail "not each image of the fleet has its SARIF: $(ls results/??/*)"

mapfile -t logs < <(find . -name '*.sarif' -size +0)
python3 "$here/../validate.py" "$schema" "${logs[@]}" || fail "not by the schema of SARIF 2.1.0"
[ ${#logs[@]} -ge 60 ] || fail "only ${#logs[@]} logs"
for word in '"fixes"' '"baselineState": "absent"' '"baselineState": "new"' '"parentIndex"' '"redactionTokens"' '"byteOffset"' '"insertedContent"'; do
	grep -qrF "$word" --include='*.sarif' . || fail "no log has $word"
done
# a log that is not by the schema is told
sed 's/"ruleId"/"ruleID"/' all.sarif >bad
! python3 "$here/../validate.py" "$schema" bad >/dev/null || fail "a wrong log passes"
exit $failed
