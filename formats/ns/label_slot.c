/* One slot of a label area, whichever of the four kinds of label it holds. */
#include "formats/base/checksum.h"
#include "formats/ns/label.h"

#include <string.h>

const struct name_of label_flag_names[] = {
	{ LABEL_FLAG_ROLABEL, "ROLABEL" }, { LABEL_FLAG_LOCAL, "LOCAL" }, { LABEL_FLAG_BTT, "BTT" },
	{ LABEL_FLAG_UPDATING, "UPDATING" }, { 0, NULL },
};
const struct name_of label_cxl_flag_names[] = { { LABEL_FLAG_UPDATING, "UPDATING" }, { 0, NULL } };

#define SELF label_v11
static const struct field label_v11_fields[] = { LABEL_V11(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout label_v11_layout = LAYOUT(
	label_v11, "Linux drivers/nvdimm/label.h, struct nd_namespace_label", LABEL_V11_LEN, label_v11_fields);

#define SELF label_v12
static const struct field label_v12_fields[] = { LABEL_V12(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout label_v12_layout = LAYOUT(
	label_v12, "Linux drivers/nvdimm/label.h, struct nd_namespace_label", LABEL_V12_LEN, label_v12_fields);

#define SELF cxl_region
static const struct field cxl_region_fields[] = { CXL_REGION(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout cxl_region_layout = LAYOUT(
	cxl_region, "Linux drivers/nvdimm/label.h, struct cxl_region_label", LABEL_V12_LEN, cxl_region_fields);

#define SELF cxl_namespace
static const struct field cxl_namespace_fields[] = { CXL_NAMESPACE(ROW_LE, ROW_NAMED, ROW_RAW) };
#undef SELF
const struct layout cxl_namespace_layout = LAYOUT(
	cxl_namespace, "Linux drivers/nvdimm/label.h, struct nvdimm_cxl_label", LABEL_V12_LEN, cxl_namespace_fields);

/* As they lie on media: first three groups little-endian. */
static const struct {
	uint8_t guid[UUID_LEN];
	enum label_claim claim;
} claims[] = {
	{ { 0xa2, 0x63, 0xed, 0x8a, 0xa2, 0x29, 0x66, 0x4c, 0x8b, 0x12, 0xf0, 0x5d, 0x15, 0xd3, 0x92, 0x2a },
	  CLAIM_BTT },
	{ { 0xfc, 0x3b, 0x63, 0x18, 0x35, 0x17, 0x17, 0x42, 0x8a, 0xc9, 0x17, 0x23, 0x92, 0x82, 0xd3, 0xf8 },
	  CLAIM_BTT2 },
	{ { 0xba, 0x00, 0x64, 0x26, 0x9f, 0xfb, 0x77, 0x46, 0xbc, 0xb0, 0x96, 0x8f, 0x11, 0xd0, 0xd2, 0x25 },
	  CLAIM_PFN },
	{ { 0x9c, 0x6d, 0xa8, 0x97, 0xdd, 0x3c, 0xda, 0x4e, 0x98, 0x6f, 0x50, 0x68, 0xb4, 0xf8, 0x00, 0x88 },
	  CLAIM_DAX },
};

enum label_claim label_claim(const uint8_t guid[UUID_LEN])
{
	if (uuid_null(guid))
		return CLAIM_NONE;
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		if (uuid_same(guid, claims[i].guid))
			return claims[i].claim;
	return CLAIM_UNKNOWN;
}

/* A uuid in the order of its text, as the GUID it would be: the first three groups turned round; and the other way. */
static void as_guid(const uint8_t uuid[UUID_LEN], uint8_t guid[UUID_LEN])
{
	static const uint8_t from[UUID_LEN] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

	for (int i = 0; i < UUID_LEN; i++)
		guid[i] = uuid[from[i]];
}

void label_claim_guid(enum label_claim c, bool uuid, uint8_t out[UUID_LEN])
{
	memset(out, 0, UUID_LEN);
	for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++)
		if (claims[i].claim == c && uuid)
			as_guid(claims[i].guid, out);
		else if (claims[i].claim == c)
			memcpy(out, claims[i].guid, UUID_LEN);
}

const char *label_claim_name(enum label_claim c)
{
	static const char *const names[] = { "none (raw)", "BTT 1.1", "BTT 2.0", "PFN (fsdax)",
					     "DAX (devdax)", "unknown" };

	return names[c];
}

static enum label_kind kind_of(const uint8_t uuid[UUID_LEN])
{
	static const uint8_t region[UUID_LEN] = { 0x52, 0x9d, 0x7c, 0x61, 0xda, 0x07, 0x47, 0xc4,
						  0xa9, 0x3f, 0xec, 0xdf, 0x2c, 0x06, 0xf4, 0x44 };
	static const uint8_t space[UUID_LEN] = { 0x68, 0xbb, 0x2c, 0x0a, 0x5a, 0x77, 0x49, 0x37,
						 0x9f, 0x85, 0x3c, 0xaf, 0x41, 0xa0, 0xf9, 0x3c };

	return uuid_same(uuid, region) ? LABEL_CXL_REGION : uuid_same(uuid, space) ? LABEL_CXL_NAMESPACE : LABEL_NVDIMM;
}

static void region_take(struct span s, struct label_slot *out)
{
	struct label_v12 *l = &out->label;
	struct cxl_region r;

	layout_decode(&cxl_region_layout, s, 0, &r);
	*l = (struct label_v12){ .flags = r.flags, .nlabel = r.nlabel, .position = r.position, .dpa = r.dpa,
				 .rawsize = r.rawsize, .slot = r.slot, .checksum = r.checksum };
	memcpy(l->uuid, r.uuid, UUID_LEN);
}

static void namespace_take(struct span s, struct label_slot *out)
{
	struct label_v12 *l = &out->label;
	struct cxl_namespace n;

	layout_decode(&cxl_namespace_layout, s, 0, &n);
	*l = (struct label_v12){ .flags = n.flags, .nlabel = n.nrange, .position = n.position, .dpa = n.dpa,
				 .rawsize = n.rawsize, .slot = n.slot, .lbasize = n.lbasize, .checksum = n.checksum };
	memcpy(l->uuid, n.uuid, UUID_LEN);
	memcpy(l->name, n.name, sizeof(l->name));
	memcpy(out->region_uuid, n.region_uuid, UUID_LEN);
	as_guid(n.abstraction_uuid, l->abstraction_guid);
}

void label_slot_take(const uint8_t *bytes, uint32_t label_len, uint32_t idx, struct label_slot *out)
{
	uint8_t all[LABEL_V12_LEN] = { 0 };
	struct span whole = { .p = all, .len = LABEL_V12_LEN };
	bool v12 = label_len == LABEL_V12_LEN;

	*out = (struct label_slot){ .idx = idx, .read = true };
	memcpy(all, bytes, label_len);
	layout_decode(&label_v12_layout, whole, 0, &out->label);
	if (v12)
		out->kind = kind_of(out->label.uuid);
	if (out->kind == LABEL_CXL_REGION)
		region_take(whole, out);
	else if (out->kind == LABEL_CXL_NAMESPACE)
		namespace_take(whole, out);
	out->sum = v12 ? checksum_fletcher64(whole, LABEL_SUM_OFF, CHECKSUM_NO_SKIP) : 0;
	out->plausible = out->label.slot == idx && (!v12 || out->sum == out->label.checksum);
}

void label_slot_read(struct image *image, uint64_t at, uint32_t label_len, uint32_t idx, struct label_slot *out)
{
	uint8_t bytes[LABEL_V12_LEN], lost[LABEL_V12_LEN];

	*out = (struct label_slot){ .idx = idx };
	if (image_read(image, at, label_len, bytes, lost) && memchr(lost, 1, label_len) == NULL)
		label_slot_take(bytes, label_len, idx, out);
}

const struct layout *label_slot_layout(const struct label_slot *s, uint32_t label_len)
{
	static const struct layout *const v12[] = { &label_v12_layout, &cxl_region_layout, &cxl_namespace_layout };

	return label_len == LABEL_V12_LEN ? v12[s->kind] : &label_v11_layout;
}

bool label_slot_holds(const struct label_slot *s, uint32_t label_len)
{
	const struct label_v12 *l = &s->label;

	if (!s->read || !s->plausible || l->nlabel == 0 || l->position >= l->nlabel || uuid_null(l->uuid))
		return false;
	if (label_len == LABEL_V12_LEN)
		return true;
	/* nothing but these words tells that it is one: each must be what writers make of it */
	return l->rawsize && l->dpa % 4096 == 0 && l->rawsize % 4096 == 0 && l->isetcookie && l->lbasize <= 8192 &&
	       (l->flags & ~(uint32_t)(LABEL_FLAG_ROLABEL | LABEL_FLAG_LOCAL | LABEL_FLAG_BTT | LABEL_FLAG_UPDATING)) == 0;
}
