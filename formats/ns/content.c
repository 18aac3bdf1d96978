#include "formats/ns/content.h"

#include <string.h>

/* Magic bytes as the programs' own headers and file(1) have them. */
static const struct {
	uint64_t at;
	const char *magic;
	size_t len;
	const char *name;
} magics[] = {
	{ 0, "PMEMOBJ\0", 8, "pmemobj pool" },
	{ 0, "PMEMBLK\0", 8, "pmemblk pool" },
	{ 0, "PMEMLOG\0", 8, "pmemlog pool" },
	{ 0, "PMEMPOOLSET", 11, "poolset file" },
	{ 0, "XFSB", 4, "xfs" },
	{ 0x10040, "_BHRfS_M", 8, "btrfs" },
	{ 3, "NTFS    ", 8, "ntfs" },
	{ 0, "LUKS\xba\xbe", 6, "LUKS volume" },
	{ 512, "LABELONE", 8, "LVM physical volume" },
	{ 512, "EFI PART", 8, "GPT partition table" },
	{ 4086, "SWAPSPACE2", 10, "swap space" },
	{ 0x8001, "CD001", 5, "iso9660" },
	{ 0x52, "FAT32", 5, "vfat" },
	{ 0x36, "FAT1", 4, "vfat" },
};

enum { EXT_SB_AT = 1024, EXT_MAGIC = 0xef53, EXT_JOURNAL = 4, EXT_EXTENTS = 0x40 };

/* The ext family shares a magic; features tell which. Source: Linux fs/ext4/ext4.h. */
static const char *ext_name(struct image *im, struct arena *a)
{
	struct span s;
	uint16_t magic;
	uint32_t compat, incompat;

	if (!image_span(im, a, EXT_SB_AT, 1024, &s) || !span_le16(s, 0x38, &magic) || magic != EXT_MAGIC ||
	    !span_le32(s, 0x5c, &compat) || !span_le32(s, 0x60, &incompat))
		return NULL;
	if (incompat & EXT_EXTENTS)
		return "ext4";
	return compat & EXT_JOURNAL ? "ext3" : "ext2";
}

bool content_place(size_t i, uint64_t *at, size_t *len)
{
	size_t nr = sizeof(magics) / sizeof(magics[0]);

	*at = i < nr ? magics[i].at : i == nr ? EXT_SB_AT + 0x38 : EXT_SB_AT + 0x5c;
	*len = i < nr ? magics[i].len : i == nr ? 2 : 8;
	return i < nr + 2;
}

const char *content_name(struct image *image, struct arena *a)
{
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		struct span s;

		if (image_span(image, a, magics[i].at, magics[i].len, &s) && !span_lost(s) &&
		    memcmp(s.p, magics[i].magic, magics[i].len) == 0)
			return magics[i].name;
	}
	return ext_name(image, a);
}
