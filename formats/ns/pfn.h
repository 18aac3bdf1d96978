/*
 * The info block of an fsdax or devdax namespace: 4096 bytes, 4 KiB into the namespace, little-
 * endian, no second copy. Offsets count from the namespace's start plus start_pad.
 * Source: Linux drivers/nvdimm/pfn.h struct nd_pfn_sb, pfn_devs.c nd_pfn_init.
 */
#ifndef FORMATS_NS_PFN_H
#define FORMATS_NS_PFN_H

#include "formats/base/layout.h"
#include "formats/base/uuid.h"

enum { PFN_AT = 4096, PFN_LEN = 4096 };
enum { PFN_MODE_RAM = 1, PFN_MODE_PMEM = 2, PFN_PAGE = 4096, PFN_PAGE_STRUCT = 64, PFN_MINOR_LAST = 4 };
/* From this minor on what a block does not use is zero; older kernels left there what was there. */
enum { PFN_MINOR_ZEROED = 3 };
extern const struct name_of pfn_mode_names[];

#define PFN_SB(LE, NAMED, RAW)                                                                 \
	RAW(signature, 0x00, 16, TEXT, "NVDIMM_PFN_INFO or NVDIMM_DAX_INFO")                   \
	RAW(uuid, 0x10, 16, UUID_BE, "this personality of the namespace")                      \
	RAW(parent_uuid, 0x20, 16, UUID_BE, "the namespace; null without labels")              \
	LE(flags, 0x30, 32, FLAGS, "0")                                                        \
	LE(version_major, 0x34, 16, UINT, "1")                                                 \
	LE(version_minor, 0x36, 16, UINT, "0 to 4; tells which fields below are filled")       \
	LE(dataoff, 0x38, 64, OFF, "first data byte")                                          \
	LE(npfns, 0x40, 64, UINT, "pages of data")                                             \
	NAMED(mode, 0x48, 32, UINT, pfn_mode_names, "where the kernel keeps the page array")   \
	LE(start_pad, 0x4C, 32, SIZE, "bytes skipped at the start; from 1.1 on")               \
	LE(end_trunc, 0x50, 32, SIZE, "bytes cut at the end; from 1.1 on")                     \
	LE(align, 0x54, 32, SIZE, "alignment of data; from 1.2 on")                            \
	LE(page_size, 0x58, 32, SIZE, "page that npfns counts; from 1.4 on")                   \
	LE(page_struct_size, 0x5C, 16, SIZE, "bytes kept for each page; from 1.4 on")          \
	RAW(padding, 0x5E, 3994, PAD, "zero from 1.3 on")                                      \
	LE(checksum, 0xFF8, 64, SUM, "Fletcher-64 of the 4096 bytes")

struct pfn_sb { PFN_SB(HOST_LE, HOST_NAMED, HOST_RAW) };
extern const struct layout pfn_sb_layout;

enum pfn_kind { PFN_NONE, PFN_FSDAX, PFN_DEVDAX };
enum pfn_kind pfn_kind(const struct pfn_sb *sb); /* by the signature */
uint64_t pfn_pads(const struct pfn_sb *sb);      /* bytes left out at the start and the end */
uint64_t pfn_page(const struct pfn_sb *sb);      /* bytes of a page that npfns counts */
/* What npfns is to be in a namespace of len bytes; 0: dataoff is not inside it. */
uint64_t pfn_pages(const struct pfn_sb *sb, uint64_t len);
/* Where data begins by the kernel's own reckoning, in a namespace that starts at a multiple of align. */
uint64_t pfn_dataoff(uint64_t len, uint32_t mode, uint32_t align);
uint64_t pfn_sum(struct span s);                 /* what the checksum ought to be; s: 4096 bytes */

#endif
