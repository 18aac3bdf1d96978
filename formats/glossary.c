#include "formats/glossary.h"

/* In alphabetical order. A term is explained by what it means for the reader, not by its bytes. */
const struct term glossary[] = {
	{ "adr", "ADR", "ADR|ADR failure",
	  "The platform's promise that what was flushed reaches the media when power is lost. When it failed, data "
	  "that a program believed to be safe may be gone." },
	{ "arena", "arena", "arena|arenas",
	  "A stretch of at most 512 GiB of a BTT with its own info blocks, data blocks, map and flog." },
	{ "bad-block", "bad block", "bad block|bad blocks",
	  "A place of the media that cannot be read. Reading it through memory would kill the program; here it is "
	  "marked as lost and left out." },
	{ "bitmap", "bitmap", "bitmap|bitmaps",
	  "One bit for each unit of a run: 1 where the unit is in use." },
	{ "btt", "BTT", "BTT",
	  "Block translation table: makes sectors on persistent memory that are written wholly or not at all. A map "
	  "says where each block lies, and a log finishes a write that was cut off." },
	{ "checksum", "checksum", "checksum|checksums",
	  "A sum over the bytes of a structure, kept beside it. When it does not match, some byte of the structure, "
	  "or the sum, is not what was written." },
	{ "chunk", "chunk", "chunk|chunks",
	  "256 KiB of a heap: free, one large object, or a run of small ones." },
	{ "class", "repair class", NULL,
	  "safe: everything needed is there twice. ask: witnesses disagree, somebody must choose. advanced: "
	  "something is lost by it. none: no repair is known." },
	{ "fingerprint", "fingerprint", "fingerprint|fingerprints",
	  "What a finding is known by from one capture to the next. File names and offsets do not enter." },
	{ "flog", "flog", "flog",
	  "Free list and log of a BTT arena: for each lane the last write, and the block it set free." },
	{ "header", "pool header", "pool header|pool headers",
	  "The first 4 KiB of a part: kind of pool, version, features, and the uuids by which parts and replicas "
	  "find one another." },
	{ "heap", "heap", "heap|heaps",
	  "The part of a pool from which objects are allocated." },
	{ "hole", "hole", "hole|holes",
	  "A stretch of a sparse file that was never written. It reads as zeros." },
	{ "info-block", "info block", "info block|info blocks",
	  "The description of a BTT arena; a second copy lies at its end." },
	{ "label", "label area", "label area|label areas",
	  "Where an NVDIMM keeps the list of its namespaces, twice." },
	{ "lane", "lane", "lane|lanes",
	  "A workplace of one thread, with its own logs. A pool has 1024, a BTT arena as many as processors; what a "
	  "lane's log holds is what its thread was doing." },
	{ "layout", "layout", NULL,
	  "The name a program gave its pool's contents; or, of a structure, what each of its bytes means." },
	{ "namespace", "namespace", "namespace|namespaces",
	  "A stretch of persistent memory that the kernel offers as a device." },
	{ "object", "object", NULL,
	  "A piece of memory that a program allocated in a pool's heap." },
	{ "part", "part", NULL,
	  "One file or device of a pool. Parts joined one behind the other are a replica." },
	{ "pool", "pool", NULL,
	  "Memory of a program that outlives it, kept in one or more files or devices." },
	{ "poolset", "set file", "set file|poolset|set files",
	  "The text file that names a pool's parts and replicas." },
	{ "recovery", "recovery", "recovery",
	  "What the pool's own library does when it opens a pool after a crash: it finishes what was decided and "
	  "takes back what was not." },
	{ "redo", "redo log", "redo log|redo logs",
	  "Writes that were decided and are being carried out. After a crash they are carried out again." },
	{ "replica", "replica", "replica|replicas",
	  "A whole copy of a pool. A pool may have several; they ought to hold the same bytes." },
	{ "run", "run", NULL,
	  "Chunks that hold many small objects of one size, and a bitmap of which are in use." },
	{ "shutdown", "shutdown state", "shutdown state",
	  "A note in the pool header: was the pool open, and how often had its device lost power uncleanly at that "
	  "time." },
	{ "snapshot", "snapshot", "snapshot|snapshots",
	  "Bytes that a transaction put aside before changing them." },
	{ "transaction", "transaction", "transaction|transactions",
	  "Changes that happen together or not at all." },
	{ "undo", "undo log", "undo log|undo logs",
	  "Bytes as they were before a transaction changed them. After a crash they are put back, unless the "
	  "transaction was over." },
	{ "unsafe", "unsafe shutdown", "unsafe shutdown|unsafe shutdowns",
	  "A loss of power in which the device could not promise that flushed data reached the media." },
	{ "uuid", "uuid", "uuid|uuids",
	  "A random number of 128 bits that names one part, replica or pool." },
	{ "verdict", "verdict of a finding", NULL,
	  "corrupt: wrong by itself. conflict: two places disagree. unverified: it could not be looked at." },
	{ "zone", "zone", "zone|zones",
	  "At most 16 GiB of a heap: a header, a table of chunk headers, and the chunks." },
};
const size_t glossary_nr = sizeof(glossary) / sizeof(glossary[0]);
_Static_assert(sizeof(glossary) / sizeof(glossary[0]) <= GLOSSARY_MAX, "readers keep one flag a word");
