/*
 * Opens a source as analyze does, lets the pass and the hashes end, and tells what came out and the peak
 * of memory: open_pass FILE. The part of the benchmark that is the evidence room's.
 */
#include "formats/base/digest.h"
#include "formats/image/intake.h"

#include <stdio.h>
#include <sys/resource.h>

int main(int argc, char **argv)
{
	struct intake in = { .arena = arena_open((size_t)64 << 20),
			     .options = { .limits = INTAKE_LIMITS, .overlap = true } };
	struct problem p = { STATUS_OK, "" };
	char text[2 * DIGEST_LEN + 1];

	if (argc != 2)
		return STATUS_USAGE;
	enum status st = intake_open(&in, argv[1], "pool", "given", &p);
	if (st == STATUS_OK)
		st = intake_finish(&in, &p);
	if (st != STATUS_OK)
		fprintf(stderr, "open_pass: %s\n", p.text);
	for (const struct source *s = in.sources.first; s; s = s->next) {
		printf("%s: %llu bytes", s->path, (unsigned long long)s->size);
		if (s->stored_hashed) {
			digest_text(s->stored_sha256, text);
			printf(", stored sha256 %s", text);
		}
		if (s->decoded_tree_hashed) {
			digest_text(s->decoded_tree_sha256, text);
			printf(", decoded tree %s", text);
		}
		printf("%s%s\n", s->note ? ", " : "", s->note ? s->note : "");
	}
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	printf("peak memory %ld KiB\n", used.ru_maxrss);
	intake_close(&in);
	arena_close(in.arena);
	return (int)st;
}
