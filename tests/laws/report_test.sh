#!/usr/bin/env bash
# Same bytes in, same bytes out: two runs on the same evidence, in different places, give the same reports.
set -euo pipefail
pmemscope=$1
rm -rf "$SCRATCH"
mkdir -p "$SCRATCH/here" "$SCRATCH/elsewhere"
for base in obj_tx obj_pair_tx blk_used log_used btt_ext4; do
	"$SOURCE/tests/corpus/bases.sh" "$PEERS" "$BASES" $base
	for place in here elsewhere; do
		mkdir "$SCRATCH/$place/$base"
		cp -r --sparse=always "$BASES/$base/." "$SCRATCH/$place/$base/"
		cd "$SCRATCH/$place/$base"
		source=pool
		if [ -e pool.set ]; then
			sed -i "s|@DIR@/|$PWD/|" pool.set
			# the set file's own bytes, and with them its digest, differ by the directory
			source=.
			rm pool.set
		fi
		"$pmemscope" analyze --reproducible --json ../$base.json --html ../$base.html --text $source >../$base.txt 2>../$base.err ||
			[ $? -le 4 ] || { cat ../$base.err; exit 1; }
	done
done
cd "$SCRATCH"
rm -rf here/*/ elsewhere/*/
diff -r here elsewhere
ls here/*.json here/*.html here/*.txt >/dev/null
rm -rf "$SCRATCH"
