#!/usr/bin/env bash
# bases.sh BIN OUT NAME: makes the base pool NAME as OUT/NAME with PMDK's own tools and libraries; programs that use them
# are in BIN. Nothing is done when it is there and newer than this script and the programs.
# In set files @DIR@ stands for the directory that the pool's files are in.
set -euo pipefail

self=$(realpath "$0") bin=$(realpath "$1") out=$2 name=$3
images=$(dirname "$self")/../../corpus
export PMEM_IS_PMEM_FORCE=1 # flushing to ordinary files would only take time

killed() { # a program that ends itself with SIGKILL
	local status=0
	( "$@"; exit $? ) >/dev/null 2>&1 || status=$?
	[ "$status" = 137 ] || { echo "$*: was to be killed, ended with $status" >&2; exit 1; }
}
crashed() { # a program whose library ends it with SIGSEGV
	local status=0
	( ulimit -c 0; "$@"; exit $? ) >/dev/null 2>&1 || status=$?
	[ "$status" = 139 ] || { echo "$*: was to crash, ended with $status" >&2; exit 1; }
}
set_file() { # lines of a set file; SIZE NAME becomes SIZE DIR/NAME
	echo PMEMPOOLSET
	sed -E "s|^([0-9]+[A-Z]*) |\1 $PWD/|"
}

# --- pmemobj
obj_fresh()  { pmempool create --layout=fresh -s 16M obj pool; }
obj_used()   { pmempool create --layout='a name, with Umlaut: ö' -s 16M obj pool; obj_use close pool; }
obj_open()   { pmempool create -s 16M obj pool; killed obj_use open pool; }
obj_tx()     { pmempool create --layout=killed -s 16M obj pool; killed obj_use tx pool; }
obj_long()   { obj_ops pool make recovery; } # killed in a transaction whose log has nine extensions
obj_mixed()  { command obj_mixed pool >/dev/null; }
obj_lists()  { obj_ops pool make list_move; } # two lists, of four elements and of one
obj_overlay() { # of a length at which libpmemobj gives a zone one chunk more than headers; the file is a hole for the most part
	LD_PRELOAD=$bin/sparse_shim.so pmempool create -s 17181966336B obj pool
	crashed obj_use close pool
}
obj_odd()    { pmempool create -s 16777001B obj pool; obj_use close pool; }
obj_plain() { # every feature off: the checksum covers the whole header
	pmempool create -s 16M obj pool
	for f in CHECK_BAD_BLOCKS SHUTDOWN_STATE CKSUM_2K; do pmempool feature -d $f pool; done
	obj_use close pool
}
obj_pair() { # two replicas of two parts
	set_file >pool.set <<-'END'
	8M r0p0
	8M r0p1
	REPLICA
	8M r1p0
	8M r1p1
	END
	pmempool create --layout=pair obj pool.set
}
obj_pair_tx() { obj_pair; killed obj_use tx pool.set; }
obj_2x3() { # odd sizes: the last bytes of r0p1 are in no page, the replicas are not equally long
	set_file >pool.set <<-'END'
	# master
	10M r0p0
	9000000B r0p1   # odd size
	8M r0p2

	REPLICA
	12M r1p0
	8M r1p1
	8M r1p2
	END
	pmempool create obj pool.set
	obj_use close pool.set
}
obj_single() {
	set_file >pool.set <<-'END'
	OPTION SINGLEHDR
	10M r0p0
	8M r0p1
	REPLICA
	10M r1p0
	8M r1p1
	END
	pmempool create obj pool.set
	obj_use close pool.set
}
obj_5() { # five parts in one replica
	set_file >pool.set <<-'END'
	4M p0
	4M p1
	4M p2
	4M p3
	4M p4
	END
	pmempool create obj pool.set
	obj_use close pool.set
}
obj_dir() { # parts are numbered files of two directories
	mkdir d0 d1
	set_file >pool.set <<-'END'
	OPTION SINGLEHDR
	24M d0
	24M d1
	END
	pmempool create obj pool.set
	obj_use close pool.set
}

# --- pmemblk
blk_fresh()  { pmempool create -s 17M blk 512 pool; }
blk_laid()   { pmempool create -w -s 17M blk 4096 pool; }
blk_used()   { pmempool create -s 17M blk 512 pool; blk_use close pool; }
blk_marks()  { pmempool create -s 17M blk 4096 pool; blk_use marks pool; }
blk_odd()    { pmempool create -s 18000001B blk 520 pool; blk_use close pool; }
blk_open()   { pmempool create -s 17M blk 512 pool; killed blk_use open pool; }
blk_two() { # two arenas: the library reserves what it creates, so the header of a small pool is put before a hole
	pmempool create -s 80M blk 131072 small
	truncate -s 513G pool
	dd if=small of=pool bs=8192 count=1 conv=notrunc status=none
	rm small
	blk_use close pool
}
blk_set() {
	set_file >pool.set <<-'END'
	9M p0
	9M p1
	4M p2
	END
	pmempool create blk 512 pool.set
	blk_use close pool.set
}

# --- pmemlog
log_fresh()  { pmempool create -s 2M log pool; }
log_used()   { pmempool create -s 3M log pool; log_use close pool; }
log_full()   { pmempool create -s 2M log pool; log_use full pool; }
log_rewind() { pmempool create -s 2M log pool; log_use rewind pool; }
log_open()   { pmempool create -s 2M log pool; killed log_use open pool; }
log_set() {
	set_file >pool.set <<-'END'
	2M p0
	3M p1
	END
	pmempool create log pool.set
	log_use close pool.set
}

# --- images made with the kernel's drivers; each has its origin beside it
btt_ext4()   { gzip -dc "$images/btt/btt2-ext4-clean.img.gz" >pool; }
btt_v11()    { gzip -dc "$images/btt/btt1-512.img.gz" >pool; }
label_sets() { tar -xzf "$images/namespace/labels-interleaved.tar.gz"; } # four label areas, two sets
devdax_pool() { gzip -dc "$images/namespace/devdax-pool.img.gz" >pool; }
fsdax_ext4() { gzip -dc "$images/namespace/fsdax-ext4-clean.img.gz" >pool; }

PATH=$bin:$PATH
declare -F "$name" >/dev/null || { echo "bases.sh: no base $name" >&2; exit 1; }
newest=$(ls -t "$self" "$bin"/* | head -n 1)
mkdir -p "$out"
exec 9>"$out/$name.lock"
flock 9
[ ! "$out/$name" -nt "$newest" ] || exit 0
rm -rf "$out/$name" "$out/$name.new"
mkdir "$out/$name.new"
(
	cd "$out/$name.new"
	umask 077
	"$name"
	[ ! -e pool.set ] || sed -i "s|$PWD/|@DIR@/|" pool.set
)
mv "$out/$name.new" "$out/$name"
