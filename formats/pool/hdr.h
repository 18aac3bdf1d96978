/*
 * The 4096-byte header at offset 0 of every part of a pool (of part 0 only with SINGLEHDR), and the
 * 64-byte shutdown state inside it. Little-endian on every architecture. Offsets count from the
 * start of the part. Source: PMDK src/common/pool_hdr.h, shutdown_state.h (1.5 to 2.1).
 */
#ifndef FORMATS_POOL_HDR_H
#define FORMATS_POOL_HDR_H

#include "formats/base/layout.h"
#include "formats/base/uuid.h"

enum {
	POOL_HDR_LEN = 4096,
	POOL_HDR_LEN_64K = 65536,   /* PPC64 builds since 1.8 */
	POOL_HDR_CSUM_2K = 2048,    /* words from here on count as zero with CKSUM_2K */
	POOL_HDR_CSUM_14 = 2032,    /* as written by PMDK 1.4 */
	POOL_HDR_CSUM_4K = 4088,    /* neither: all of it */
	POOL_HDR_SDS_OFF = 4024,
	POOL_HDR_SDS_LEN = 64,
	POOL_HDR_MACHINE_PPC64 = 21,
};

enum { POOL_FEAT_CHECK_BAD_BLOCKS = 1 };                                     /* compat */
enum { POOL_FEAT_SINGLEHDR = 1, POOL_FEAT_CKSUM_2K = 2, POOL_FEAT_SDS = 4 }; /* incompat */

extern const struct name_of pool_hdr_compat_names[], pool_hdr_incompat_names[],
	pool_hdr_class_names[], pool_hdr_data_names[], pool_hdr_machine_names[];

#define POOL_HDR(LE, NAMED, RAW)                                                                    \
	RAW(signature, 0x000, 8, TEXT, "pool type: PMEMOBJ, PMEMLOG, PMEMBLK or PMEMCTO")          \
	LE(major, 0x008, 32, UINT, "layout version of the type")                                   \
	NAMED(compat, 0x00C, 32, FLAGS, pool_hdr_compat_names, "features that may be ignored")     \
	NAMED(incompat, 0x010, 32, FLAGS, pool_hdr_incompat_names, "features that must be known")  \
	LE(ro_compat, 0x014, 32, FLAGS, "features that must be known to write")                    \
	RAW(poolset_uuid, 0x018, 16, UUID, "the same in every header of the set")                  \
	RAW(uuid, 0x028, 16, UUID, "this part")                                                    \
	RAW(prev_part_uuid, 0x038, 16, UUID, "part before, in the replica's ring")                 \
	RAW(next_part_uuid, 0x048, 16, UUID, "part after, in the replica's ring")                  \
	RAW(prev_repl_uuid, 0x058, 16, UUID, "part 0 of the replica before")                       \
	RAW(next_repl_uuid, 0x068, 16, UUID, "part 0 of the replica after")                        \
	LE(crtime, 0x078, 64, TIME, "when the header was made")                                    \
	LE(alignment_desc, 0x080, 64, FLAGS, "alignment of eleven C types, four bits each")        \
	NAMED(machine_class, 0x088, 8, UINT, pool_hdr_class_names, "word size, as ELF's class")    \
	NAMED(data, 0x089, 8, UINT, pool_hdr_data_names, "byte order of the machine, as ELF's")    \
	RAW(arch_reserved, 0x08A, 4, PAD, "zero; compared at open")                                \
	NAMED(machine, 0x08E, 16, UINT, pool_hdr_machine_names, "ELF machine number")              \
	RAW(unused, 0x090, 1904, PAD, "zero; inside the checksum")                                 \
	RAW(unused2, 0x800, 1976, PAD, "zero; outside the checksum with CKSUM_2K")                 \
	LE(sds_usc, 0xFB8, 64, UINT, "sum of the devices' unsafe-shutdown counts at open")         \
	LE(sds_uuid, 0xFC0, 64, ID, "sum of checksums of the devices' unique ids")                 \
	LE(sds_dirty, 0xFC8, 8, UINT, "1 while the pool is open for writing")                      \
	RAW(sds_reserved, 0xFC9, 39, PAD, "zero")                                                  \
	LE(sds_checksum, 0xFF0, 64, SUM, "Fletcher-64 of these 64 bytes")                          \
	LE(checksum, 0xFF8, 64, SUM, "Fletcher-64 of the header; what it covers depends on CKSUM_2K")

struct pool_hdr { POOL_HDR(HOST_LE, HOST_NAMED, HOST_RAW) };
extern const struct layout pool_hdr_layout;

enum pool_type { POOL_UNKNOWN, POOL_OBJ, POOL_BLK, POOL_LOG, POOL_CTO };
enum pool_type pool_hdr_type(const struct pool_hdr *h); /* by the signature */
const char *pool_type_name(enum pool_type type);        /* "pmemobj", ... "unknown" */
/* The 8 bytes of its header's first field; NULL of POOL_UNKNOWN. */
const char *pool_type_signature(enum pool_type type);

/* Which reading of the checksum matched. The announced one is tried first. */
enum pool_hdr_sum {
	POOL_HDR_SUM_BAD,
	POOL_HDR_SUM_ANNOUNCED, /* as the feature word says */
	POOL_HDR_SUM_2K, POOL_HDR_SUM_4K, /* another one than announced */
	POOL_HDR_SUM_14,        /* as PMDK 1.4 wrote it; accepted only without CKSUM_2K and with its majors */
};
/*
 * s: the whole header, 4096 bytes or, where pool_hdr_len says so and the file has them, 65536; lost
 * bytes count as the zeros they were filled with. *announced: the sum it ought to hold.
 */
enum pool_hdr_sum pool_hdr_sum(struct span s, const struct pool_hdr *h, uint64_t *announced);
/* The sum that the 64 bytes of shutdown state ought to hold. s: the whole header; 0 when cut short. */
uint64_t pool_hdr_sds_sum(struct span s);
/* True when the part's own links say that it has neighbours: it is one part of several. */
bool pool_hdr_is_part(const struct pool_hdr *h);
/* 4096, or 65536 where machine is PPC64. */
uint64_t pool_hdr_len(const struct pool_hdr *h);
/* The 8-byte fold of poolset_uuid that pmemobj keeps in every persistent pointer. */
uint64_t pool_hdr_uuid_lo(const uint8_t poolset_uuid[UUID_LEN]);

#endif
