#include "analyzer/capture/told.h"

#include "analyzer/device/device.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

json_t *told_device(const struct pool_set *s)
{
	struct counters now;
	const char *why;
	char uuid[32];
	json_t *o = json_object();

	if (!device_counters(s, &now, &why)) {
		json_object_set_new(o, "none", json_string(why));
		return o;
	}
	snprintf(uuid, sizeof(uuid), "0x%016" PRIx64, now.uuid);
	json_object_set_new(o, "dimms", json_integer((json_int_t)now.dimms));
	json_object_set_new(o, "unsafe_shutdowns", json_integer((json_int_t)now.usc));
	json_object_set_new(o, "id_sum", json_string(uuid));
	return o;
}

bool told_counters(struct span manifest, struct counters *out)
{
	json_t *j = manifest.len && !manifest.lost ? json_loadb((const char *)manifest.p, manifest.len, 0, NULL) : NULL;
	const json_t *o = json_object_get(j, "device"), *dimms = json_object_get(o, "dimms");
	const json_t *count = json_object_get(o, "unsafe_shutdowns"), *sum = json_object_get(o, "id_sum");

	*out = (struct counters){ .known = false };
	if (json_is_integer(dimms) && json_is_integer(count) && json_is_string(sum) && json_integer_value(dimms) > 0 &&
	    json_integer_value(dimms) <= UINT32_MAX && json_integer_value(count) >= 0) {
		char *end;

		out->dimms = (uint32_t)json_integer_value(dimms);
		out->usc = (uint64_t)json_integer_value(count);
		out->uuid = strtoull(json_string_value(sum), &end, 0);
		out->known = *end == '\0' && end > json_string_value(sum);
	}
	json_decref(j);
	return out->known;
}
