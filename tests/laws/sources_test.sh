#!/usr/bin/env bash
# Laws that a look at the sources decides.
set -euo pipefail
cd "$SOURCE"
broken=0

# law WORDS: what grep found on stdin breaks the law
law() {
	local found
	found=$(cat)
	[ -z "$found" ] && return
	printf '%s:\n%s\n' "$1" "$found"
	broken=1
}
c_files() { find "$@" -name '*.[ch]' | LC_ALL=C sort; }
# the code without comments and string literals, each line with its file and number
code() {
	awk 'FNR == 1 { open = 0 }
	{
		line = $0; out = ""
		gsub(/\\./, "", line)
		gsub(/"[^"]*"/, "\"\"", line)
		while (length(line)) {
			if (open) {
				i = index(line, "*/"); if (!i) break
				line = substr(line, i + 2); open = 0
			} else {
				i = index(line, "/*"); if (!i) { out = out line; break }
				out = out substr(line, 1, i - 1); line = substr(line, i + 2); open = 1
			}
		}
		sub(/\/\/.*/, "", out)
		print FILENAME ":" FNR ": " out
	}' "$@"
}

include='^[^:]*:[0-9]+:#include "'
law 'formats/ includes only formats/' < <(
	grep -nE '#include "' $(c_files formats) /dev/null |
		grep -vE "$include"'formats/')
law 'analyzer/ includes only formats/ and analyzer/' < <(
	grep -nE '#include "' $(c_files analyzer) /dev/null |
		grep -vE "$include"'(formats|analyzer)/')
if [ -d report ]; then
	law 'report/ includes only formats/, analyzer/ and report/' < <(
		grep -nE '#include "' $(c_files report) /dev/null |
			grep -vE "$include"'(formats|analyzer|report)/')
	# the words of formats, whatever their case, anywhere but in comments; report/cli says them in its help, and the
	# interface of report/libpmempool is by pool types and header fields
	format='pmemobj|pmemblk|pmemlog|pmemcto|\bbtt\b|btt_|\bflog\b|pool_hdr|pool_sds|obj_pool|log_pool|blk_pool|\blane'
	law 'report/ names no format' < <(c_files report | grep -vE '^report/(cli|libpmempool)/' | xargs -r awk '
		{ line = $0; sub(/\/\*.*/, "", line); if (line !~ /^[ \t]*\*/) print FILENAME ":" FNR ": " line }' |
		grep -iE "$format")
fi

law 'formats/ and analyzer/ neither print nor exit' < <(
	code $(c_files formats analyzer) |
		grep -E '\b(printf|fprintf|puts|fputs|putchar|perror|vprintf|vfprintf|exit|_exit|abort|setjmp|longjmp|system|popen)\(')
law 'formats/ and analyzer/ keep no mutable static state' < <(
	code $(c_files formats analyzer) |
		grep -E '^[^ ]* [[:blank:]]*static [^()=]*(=.*)?[;{]$' |
		grep -vE '\bconst\b')
law 'no packed structs' < <(
	code $(c_files formats analyzer report) |
		grep -E '__attribute__\(\((__)?packed')
# a DAX character device can be read in no other way; what is written to, with everybody's consent, is no evidence any more
law 'evidence is never mapped' < <(
	code $(c_files formats analyzer report | grep -vE '^(formats/image/dax|analyzer/repair/target)\.c$') |
		grep -E '\bmmap\(' | grep -v MAP_ANONYMOUS)
law 'nothing is left for later without saying so elsewhere' < <(
	grep -nwE 'TODO|FIXME|XXX' $(c_files formats analyzer report tests))
exit $broken
