#include "analyzer/capture/mask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, BITS_OF_PAGE = PAGE / TAKEN_PER_BYTE };

bool mask_open(struct mask *m, uint64_t size)
{
	uint64_t len = TAKEN_HEAD_LEN + (size + TAKEN_PER_BYTE - 1) / TAKEN_PER_BYTE;

	*m = (struct mask){ .size = size, .len = (len + PAGE - 1) / PAGE * PAGE };
	void *p = mmap(NULL, m->len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	m->bits = p == MAP_FAILED ? NULL : p;
	m->pages = m->bits ? calloc(m->len / PAGE / 8 + 1, 1) : NULL;
	if (m->pages == NULL) {
		mask_close(m);
		return false;
	}
	m->pages[0] = 1;
	return true;
}

void mask_close(struct mask *m)
{
	if (m->bits)
		munmap(m->bits, m->len);
	free(m->pages);
	*m = (struct mask){ 0 };
}

void mask_set(struct mask *m, uint64_t at, uint64_t len)
{
	if (at >= m->size || len == 0)
		return;
	len = len < m->size - at ? len : m->size - at;
	for (uint64_t w = at / TAKEN_WORD, last = (at + len - 1) / TAKEN_WORD; w <= last;) {
		uint64_t byte = TAKEN_HEAD_LEN + w / 8, page = byte / PAGE;

		m->pages[page / 8] |= (uint8_t)(1u << page % 8);
		if (w % 8 == 0 && last - w >= 7) { /* whole bytes up to the mask's next page */
			uint64_t nr = (last + 1 - w) / 8, left = PAGE - byte % PAGE;

			nr = nr < left ? nr : left;
			memset(m->bits + byte, 0xff, nr);
			w += nr * 8;
			continue;
		}
		m->bits[byte] |= (uint8_t)(1u << w % 8);
		w++;
	}
}

static bool is_set(const struct mask *m, uint64_t w)
{
	return m->bits[TAKEN_HEAD_LEN + w / 8] >> w % 8 & 1;
}

void mask_apply(const struct mask *m, uint64_t at, uint8_t *buf, size_t len)
{
	for (size_t i = 0; i < len; i += TAKEN_WORD)
		if (!is_set(m, (at + i) / TAKEN_WORD))
			memset(buf + i, 0, len - i < TAKEN_WORD ? len - i : TAKEN_WORD);
}

static bool zero(const uint8_t *p, size_t len)
{
	return p[0] == 0 && memcmp(p, p + 1, len - 1) == 0;
}

bool mask_extents(const struct mask *m, struct extents *of_file, struct extents *of_mask)
{
	*of_file = *of_mask = (struct extents){ 0 };
	for (uint64_t page = 0; page * PAGE < m->len; page++) {
		if (!(m->pages[page / 8] >> page % 8 & 1))
			continue;
		if (!extents_add(of_mask, page * PAGE, PAGE))
			return false;
		for (uint64_t b = page * PAGE; page && b < (page + 1) * PAGE; b += BITS_OF_PAGE) {
			uint64_t at = (b - TAKEN_HEAD_LEN) * TAKEN_PER_BYTE;

			if (at < m->size && !zero(m->bits + b, BITS_OF_PAGE) &&
			    !extents_add(of_file, at, m->size - at < PAGE ? m->size - at : PAGE))
				return false;
		}
	}
	return true;
}

uint64_t mask_finish(struct mask *m)
{
	uint64_t words = 0, taken;

	for (uint64_t page = 1; page * PAGE < m->len; page++)
		if (m->pages[page / 8] >> page % 8 & 1)
			for (uint64_t i = 0; i < PAGE; i += 8) {
				uint64_t w;

				memcpy(&w, m->bits + page * PAGE + i, 8);
				words += (uint64_t)__builtin_popcountll(w);
			}
	taken = words * TAKEN_WORD;
	if (m->size % TAKEN_WORD && is_set(m, m->size / TAKEN_WORD))
		taken -= TAKEN_WORD - m->size % TAKEN_WORD;
	snprintf((char *)m->bits, TAKEN_HEAD_LEN, TAKEN_MAGIC "size %" PRIu64 "\ntaken %" PRIu64 "\n", m->size, taken);
	return taken;
}
