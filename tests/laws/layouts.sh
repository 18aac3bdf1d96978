#!/usr/bin/env bash
# layouts.sh ROOT OUT: writes OUT, one LAYOUT_OF(name) for each layout that a header below ROOT/formats declares, and
# the headers that declare them. Fails when a layout is defined that no header declares: the law could not see it.
set -euo pipefail
cd "$1"
declared=$(grep -rhoE '^extern const struct layout [^;]*;' formats --include='*.h' |
	sed -E 's/^extern const struct layout //; s/[,;]/\n/g' | tr -d ' \t' | grep . | sort -u)
defined=$(cat $(find formats -name '*.[ch]') | tr '\n' ' ' |
	grep -oE 'const struct layout [a-z0-9_]+ *=' | awk '{ print $4 }' | sort -u)
hidden=$(comm -13 <(echo "$declared") <(echo "$defined"))
if [ -n "$hidden" ]; then
	echo "layouts that no header of formats/ declares: $hidden" >&2
	exit 1
fi
mkdir -p "$(dirname "$2")"
{
	echo "/* Made by tests/laws/layouts.sh. */"
	echo "#ifdef LAYOUT_HEADERS"
	grep -rlE '^extern const struct layout ' formats --include='*.h' | LC_ALL=C sort | sed 's/.*/#include "&"/'
	echo "#else"
	comm -12 <(echo "$declared") <(echo "$defined") | sed 's/.*/LAYOUT_OF(&)/' # a header may be ahead of its source
	echo "#endif"
} >"$2"
