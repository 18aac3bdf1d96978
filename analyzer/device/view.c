#include "analyzer/device/view.h"

#include "formats/base/uuid.h"

#ifdef HAVE_NDCTL
#include <daxctl/libdaxctl.h>
#include <ndctl/libndctl.h>

enum { BAD_LISTED = 10000 };

static void word(json_t *o, const char *key, const char *text)
{
	if (text && *text)
		json_object_set_new(o, key, json_string(text));
}

static void number(json_t *o, const char *key, unsigned long long v)
{
	json_object_set_new(o, key, json_integer((json_int_t)v));
}

static json_t *health(struct ndctl_dimm *dimm)
{
	struct ndctl_cmd *cmd = ndctl_dimm_cmd_new_smart(dimm);
	json_t *o = json_object();

	if (cmd && ndctl_cmd_submit(cmd) >= 0) {
		unsigned flags = ndctl_cmd_smart_get_flags(cmd), h = ndctl_cmd_smart_get_health(cmd);

		if (flags & ND_SMART_HEALTH_VALID)
			word(o, "health_state", h & ND_SMART_FATAL_HEALTH ? "fatal" : h & ND_SMART_CRITICAL_HEALTH ? "critical"
						: h & ND_SMART_NON_CRITICAL_HEALTH ? "non-critical" : "ok");
		if (flags & ND_SMART_SPARES_VALID)
			number(o, "spares_percentage", ndctl_cmd_smart_get_spares(cmd));
		if (flags & ND_SMART_USED_VALID)
			number(o, "life_used_percentage", ndctl_cmd_smart_get_life_used(cmd));
		if (flags & ND_SMART_SHUTDOWN_VALID)
			word(o, "shutdown_state", ndctl_cmd_smart_get_shutdown_state(cmd) ? "dirty" : "clean");
		if (flags & ND_SMART_SHUTDOWN_COUNT_VALID)
			number(o, "shutdown_count", ndctl_cmd_smart_get_shutdown_count(cmd));
	}
	if (cmd)
		ndctl_cmd_unref(cmd);
	return o;
}

static json_t *dimms(struct ndctl_region *region)
{
	struct ndctl_dimm *dimm;
	json_t *all = json_array();

	ndctl_dimm_foreach_in_region(region, dimm) {
		json_t *o = json_object();
		long long count = ndctl_dimm_get_dirty_shutdown(dimm);

		word(o, "dev", ndctl_dimm_get_devname(dimm));
		word(o, "id", ndctl_dimm_get_unique_id(dimm));
		json_t *h = health(dimm);
		if (count >= 0 && json_object_get(h, "shutdown_count") == NULL)
			number(h, "shutdown_count", (unsigned long long)count);
		json_object_set_new(o, "health", h);
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *dax_devices(struct ndctl_dax *dax)
{
	struct daxctl_region *region = ndctl_dax_get_daxctl_region(dax);
	struct daxctl_dev *dev;
	json_t *all = json_array();

	if (region)
		daxctl_dev_foreach(region, dev) {
			json_t *o = json_object();

			word(o, "chardev", daxctl_dev_get_devname(dev));
			number(o, "size", daxctl_dev_get_size(dev));
			number(o, "align", ndctl_dax_get_align(dax));
			json_array_append_new(all, o);
		}
	return all;
}

static const char *mode_of(struct ndctl_namespace *ns)
{
	switch (ndctl_namespace_get_mode(ns)) {
	case NDCTL_NS_MODE_MEMORY: return "fsdax";
	case NDCTL_NS_MODE_SAFE: return "sector";
	case NDCTL_NS_MODE_RAW: return "raw";
	case NDCTL_NS_MODE_DAX: return "devdax";
	default: return "unknown";
	}
}

static json_t *namespaces(struct ndctl_region *region)
{
	struct ndctl_namespace *ns;
	json_t *all = json_array();

	ndctl_namespace_foreach(region, ns) {
		struct ndctl_btt *btt = ndctl_namespace_get_btt(ns);
		struct ndctl_pfn *pfn = ndctl_namespace_get_pfn(ns);
		struct ndctl_dax *dax = ndctl_namespace_get_dax(ns);
		json_t *o = json_object();
		char text[UUID_TEXT_LEN];
		uint8_t uuid[UUID_LEN];

		if (ndctl_namespace_get_size(ns) == 0) { /* the seed of one that is still to be made */
			json_decref(o);
			continue;
		}
		word(o, "dev", ndctl_namespace_get_devname(ns));
		word(o, "mode", mode_of(ns));
		number(o, "size", ndctl_namespace_get_size(ns));
		ndctl_namespace_get_uuid(ns, uuid);
		uuid_text_rfc(uuid, text);
		word(o, "uuid", text);
		if (btt)
			number(o, "sector_size", ndctl_btt_get_sector_size(btt));
		if (pfn)
			number(o, "align", ndctl_pfn_get_align(pfn));
		word(o, "blockdev", btt ? ndctl_btt_get_block_device(btt) : pfn ? ndctl_pfn_get_block_device(pfn)
				    : dax ? NULL : ndctl_namespace_get_block_device(ns));
		if (dax)
			json_object_set_new(o, "daxdevs", dax_devices(dax));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *badblocks(struct ndctl_region *region)
{
	struct badblock *b;
	json_t *all = json_array();

	ndctl_region_badblock_foreach(region, b)
		if (json_array_size(all) < BAD_LISTED) {
			json_t *o = json_object();

			number(o, "offset", b->offset);
			number(o, "length", b->len);
			json_array_append_new(all, o);
		}
	return all;
}

static const char *domain_of(struct ndctl_region *region)
{
	switch (ndctl_region_get_persistence_domain(region)) {
	case PERSISTENCE_CPU_CACHE: return "cpu_cache";
	case PERSISTENCE_MEM_CTRL: return "memory_controller";
	case PERSISTENCE_NONE: return "none";
	default: return "unknown";
	}
}

json_t *device_view(void)
{
	struct ndctl_ctx *ctx;
	struct ndctl_bus *bus;
	struct ndctl_region *region;
	json_t *all;

	if (ndctl_new(&ctx) != 0)
		return json_null();
	all = json_array();
	ndctl_bus_foreach(ctx, bus)
		ndctl_region_foreach(bus, region) {
			json_t *o = json_object();

			word(o, "dev", ndctl_region_get_devname(region));
			word(o, "provider", ndctl_bus_get_provider(bus));
			number(o, "size", ndctl_region_get_size(region));
			word(o, "persistence_domain", domain_of(region));
			json_object_set_new(o, "dimms", dimms(region));
			json_object_set_new(o, "namespaces", namespaces(region));
			json_object_set_new(o, "badblocks", badblocks(region));
			json_array_append_new(all, o);
		}
	ndctl_unref(ctx);
	if (json_array_size(all))
		return all;
	json_decref(all);
	return json_null();
}
#else
json_t *device_view(void)
{
	return json_null();
}
#endif
