#!/usr/bin/env bash
# Every test that to_beat.md names is there.
set -euo pipefail
cd "$SOURCE/tests"
table=report/libpmempool/to_beat.md
failed=0 named=0
while IFS= read -r name; do
	file=${name%%: *} test=
	[ "$file" = "$name" ] || test=${name#*: }
	named=$((named + 1))
	if [ ! -f "$file" ]; then
		echo "$table: there is no $file"
		failed=1
	elif [ -n "$test" ] && ! grep -qE "^Test\([a-z_]+, $test[,)]" "$file"; then
		echo "$table: $file has no test $test"
		failed=1
	elif [ -z "$test" ] && [[ $file = *.c ]]; then
		echo "$table: $file: which test?"
		failed=1
	fi
done < <(grep -E '^\| [0-9]' "$table" | sed 's/.*| \(`.*\) |$/\1/' | grep -o '`[^`]*`' | tr -d '`')
rows=$(grep -cE '^\| [0-9]+\.[0-9]+ ' "$table")
# a row without a test has nothing in its last column
[ "$(grep -cE '^\| [0-9].*`[^`]+`[^|]* \|$' "$table")" = "$rows" ] || { echo "$table: a row names no test"; failed=1; }
[ "$named" -ge "$rows" ] || failed=1
echo "$rows rows, $named names of tests"
exit $failed
