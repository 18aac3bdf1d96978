# What the tests in a VM share. Sourced with the binary as $1; leaves us in an empty directory, $PMEMSCOPE named.
# Without a VM they end with 77: not run.
set -euo pipefail
PMEMSCOPE=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
PMEM_VM_TOOL=${PMEM_VM_TOOL:-$here/../../../shared/vm/pmem-vm}
[ -x "$PMEM_VM_TOOL" ] || { echo "no virtual machine with NVDIMMs here: $PMEM_VM_TOOL"; exit 77; }
rm -rf "$SCRATCH"
mkdir -p "$SCRATCH"
cd "$SCRATCH"
failed=0

fail() {
	printf 'FAIL: %s\n' "$*"
	failed=1
}
same() { # WHAT WANTED FOUND
	if [ "$2" = "$3" ]; then
		printf 'ok: %s\n' "$1"
	else
		fail "$1: wanted '$2', found '$3'"
	fi
}
