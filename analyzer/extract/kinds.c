#include "analyzer/extract/kinds.h"

#include "analyzer/extract/objects.h"

#include <string.h>

const struct extract_kind extract_kinds[] = {
	{ "disk", "the flat block device inside a BTT, a pmemblk pool or a namespace", false, extract_disk, NULL },
	{ "blocks", "some blocks of that device, one after the other", true, extract_disk, NULL },
	{ "log", "the text of a pmemlog pool", false, extract_log, NULL },
	{ "pool", "the address space that a pool's parts make together", false, extract_pool, NULL },
	{ "object", "one object of a pmemobj pool: 'root', an offset, or TYPE#N; or with --all every one of them", false, NULL,
	  extract_object },
};
const size_t extract_kinds_nr = sizeof(extract_kinds) / sizeof(extract_kinds[0]);

const struct extract_kind *extract_kinds_find(const char *name)
{
	for (size_t i = 0; i < extract_kinds_nr; i++)
		if (strcmp(extract_kinds[i].name, name) == 0)
			return &extract_kinds[i];
	return NULL;
}
