/* File names as evidence: the weakest there is, used where no header tells. */
#include "formats/pool/set_work.h"

#include <ctype.h>
#include <string.h>

const char *set_name_last(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

size_t set_name_len(const char *name)
{
	static const char *const suffixes[] = { ".gz", ".bgz", ".zst", ".xz", ".lz4" };
	size_t len = strlen(name);
	bool cut = true;

	while (cut) {
		cut = false;
		for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
			size_t n = strlen(suffixes[i]);

			if (len > n && memcmp(name + len - n, suffixes[i], n) == 0) {
				len -= n;
				cut = true;
			}
		}
	}
	return len;
}

int set_name_cmp(const char *a, const char *b)
{
	size_t x = set_name_len(a), y = set_name_len(b);
	int d = memcmp(a, b, x < y ? x : y);

	return d ? d : (x < y ? -1 : x > y);
}

/* Digits as the number they are: part2 comes before part10. */
int set_name_natural(const char *a, const char *b)
{
	while (*a && *b) {
		if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
			while (*a == '0')
				a++;
			while (*b == '0')
				b++;
			size_t x = strspn(a, "0123456789"), y = strspn(b, "0123456789");
			int d = x == y ? memcmp(a, b, x) : (x < y ? -1 : 1);
			if (d)
				return d;
			a += x;
			b += y;
			continue;
		}
		if (*a != *b)
			return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
		a++;
		b++;
	}
	return (*a != 0) - (*b != 0);
}

bool set_name_alike(const char *a, const char *b)
{
	size_t x = set_name_len(a), y = set_name_len(b), i = 0, k = 0;

	for (;; i++, k++) {
		while (i < x && isdigit((unsigned char)a[i]))
			i++;
		while (k < y && isdigit((unsigned char)b[k]))
			k++;
		if (i == x || k == y)
			return i == x && k == y;
		if (a[i] != b[k])
			return false;
	}
}

size_t set_name_shared(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}
