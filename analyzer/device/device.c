#include "analyzer/device/device.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#ifdef HAVE_NDCTL
#include <daxctl/libdaxctl.h>
#include <fcntl.h>
#include <ndctl/libndctl.h>
#include <stdio.h>
#include <stdlib.h>

enum { IDS_LEN = 16384, NAME_LEN = 128 };

/* "259:0" of a block device, by the name that the kernel gives it. */
static bool block_number(const char *name, dev_t *out)
{
	char path[NAME_LEN + 32];
	unsigned major, minor;

	if (name == NULL || name[0] == '\0' || strlen(name) >= NAME_LEN || strchr(name, '/'))
		return false;
	snprintf(path, sizeof(path), "/sys/class/block/%s/dev", name);
	FILE *f = fopen(path, "re");
	bool ok = f && fscanf(f, "%u:%u", &major, &minor) == 2;
	if (f)
		fclose(f);
	*out = ok ? makedev(major, minor) : 0;
	return ok;
}

static bool dax_is(struct ndctl_dax *dax, dev_t want)
{
	struct daxctl_region *region = ndctl_dax_get_daxctl_region(dax);
	struct daxctl_dev *dev;

	if (region == NULL)
		return false;
	daxctl_dev_foreach(region, dev)
		if (makedev((unsigned)daxctl_dev_get_major(dev), (unsigned)daxctl_dev_get_minor(dev)) == want)
			return true;
	return false;
}

/* A namespace shows itself as one device: its BTT's, its pfn's, its DAX device, or its own. */
static bool namespace_is(struct ndctl_namespace *ns, dev_t want)
{
	struct ndctl_btt *btt = ndctl_namespace_get_btt(ns);
	struct ndctl_pfn *pfn = ndctl_namespace_get_pfn(ns);
	struct ndctl_dax *dax = ndctl_namespace_get_dax(ns);
	dev_t is = 0;

	if (dax)
		return dax_is(dax, want);
	return block_number(btt ? ndctl_btt_get_block_device(btt) : pfn ? ndctl_pfn_get_block_device(pfn)
								   : ndctl_namespace_get_block_device(ns), &is) && is == want;
}

static struct ndctl_region *region_of(struct ndctl_ctx *ctx, dev_t want)
{
	struct ndctl_bus *bus;
	struct ndctl_region *region;
	struct ndctl_namespace *ns;

	ndctl_bus_foreach(ctx, bus)
		ndctl_region_foreach(bus, region)
			ndctl_namespace_foreach(region, ns)
				if (namespace_is(ns, want))
					return region;
	return NULL;
}

static bool region_counters(struct ndctl_region *region, struct counters *out, const char **why)
{
	struct ndctl_dimm *dimm;
	char ids[IDS_LEN];
	size_t len = 0;

	ndctl_dimm_foreach_in_region(region, dimm) {
		long long count = ndctl_dimm_get_dirty_shutdown(dimm);
		const char *id = ndctl_dimm_get_unique_id(dimm);
		size_t n = id ? strlen(id) : 0;

		*why = "a DIMM of the pool's device counts no unsafe shutdowns";
		if (count < 0 || id == NULL || n >= sizeof(ids) - len)
			return false;
		memcpy(ids + len, id, n);
		len += n;
		out->usc += (uint64_t)count;
		out->dimms++;
	}
	*why = "the pool's device has no DIMM";
	return counters_name(out, ids, len);
}

static bool counters_at(dev_t dev, struct counters *out, const char **why)
{
	struct ndctl_ctx *ctx;
	bool ok = false;

	*why = "this machine has no persistent memory";
	if (ndctl_new(&ctx) != 0)
		return false;
	struct ndctl_region *region = region_of(ctx, dev);
	if (region)
		ok = region_counters(region, out, why);
	else
		*why = "the pool does not lie on persistent memory";
	ndctl_unref(ctx);
	return ok;
}
#else
static bool counters_at(dev_t dev, struct counters *out, const char **why)
{
	(void)dev;
	(void)out;
	*why = "built without libndctl";
	return false;
}
#endif

bool device_counters(const struct pool_set *s, struct counters *out, const char **why)
{
	const struct pool_part *p = s->nr && s->replicas[0]->nr && !s->replicas[0]->remote ? s->replicas[0]->parts[0] : NULL;
	struct stat st;

	*out = (struct counters){ .known = false };
	*why = "the pool is a capture: it has no device";
	if (p == NULL || p->item == NULL || p->item->source->layers == NULL || p->item->source->layers->next ||
	    stat(p->item->path, &st) != 0)
		return false;
	return counters_at(S_ISREG(st.st_mode) ? st.st_dev : st.st_rdev, out, why);
}
