#!/usr/bin/env bash
# Completion as a shell runs it, and the parts of the manual that are made from tables.
. "$(dirname "$0")/lib.sh"

"$PMEMSCOPE" generate bash >completion
cat >ask.sh <<'SH'
. ./completion
# ask WORDS...: what the last word may become
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_pmemscope
printf '%s\n' "${COMPREPLY[@]}"
SH
ask() { bash ask.sh pmemscope "$@" >out; }
ask a
says out analyze
ask show --re
says out --reproducible
ask analyze --redact m
says out metadata-only
ask explain pool.hdr.check
says out pool.hdr.checksum
: >some.pool
ask check so
says out some.pool
ask generate ''
! grep -q findings out || fail "the build's own command is offered"
if command -v zsh >/dev/null; then
	"$PMEMSCOPE" generate zsh >_pmemscope
	zsh -n _pmemscope || fail "zsh does not take the completion"
fi

# every option and every check stands in the manual
"$PMEMSCOPE" generate commands >commands.scd
"$PMEMSCOPE" generate findings >findings.scd
for verb in analyze check show explain; do
	says commands.scd "pmemscope $verb"
done
for option in json html sarif redact max-findings; do
	says commands.scd "*--$option*"
done
"$PMEMSCOPE" explain --json | python3 -c '
import json, sys
page = open("findings.scd").read().replace("\\", "")
for c in json.load(sys.stdin):
	assert c["id"] in page and c["means"] in page, c["id"]
' || fail "a check is not in the manual"
if command -v scdoc >/dev/null; then
	scdoc <"$SOURCE/report/man/pmemscope-formats.5.scd" >page || fail "scdoc does not take pmemscope-formats"
	for page in pmemscope:commands pmemscope-findings:findings; do
		{
			cat "$SOURCE/report/man/${page%:*}.head.scd" "${page#*:}.scd" "$SOURCE/report/man/${page%:*}.tail.scd"
		} | scdoc >page || fail "scdoc does not take ${page%:*}"
		[ "$(wc -l <page)" -gt 50 ] || fail "${page%:*} is short"
	done
fi
exit $failed
