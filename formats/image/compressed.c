#include "formats/image/pass.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TICK_MS = 200 }; /* between looks at options.progress while waiting */

static const struct image_ops compressed_ops;

static bool starts(const uint8_t *head, size_t len, const char *with, size_t with_len)
{
	return len >= with_len && memcmp(head, with, with_len) == 0;
}

/* BGZF: a gzip member whose extra field has the subfield BC of 2 bytes, first as all writers do. */
static bool is_bgzf(const uint8_t *h, size_t len)
{
	return len >= 18 && h[3] == 4 && h[12] == 'B' && h[13] == 'C' && h[14] == 2 && h[15] == 0;
}

bool compressed_probe(const uint8_t *head, size_t len, const char **kind)
{
	/* zstd may begin with a skippable frame (pzstd does), magic 0x184d2a50 to 0x184d2a5f; lz4's
	 * are the same, so that what follows the frame would have to tell: zstd's is the likely one */
	bool skippable = len >= 4 && (head[0] & 0xf0) == 0x50 && head[1] == 0x2a && head[2] == 0x4d &&
			 head[3] == 0x18;

	if (starts(head, len, "\x1f\x8b\x08", 3))
		*kind = is_bgzf(head, len) ? "bgzf" : "gzip";
	else if (starts(head, len, "\x28\xb5\x2f\xfd", 4) || skippable)
		*kind = "zstd";
	else if (starts(head, len, "\xfd" "7zXZ\0", 6))
		*kind = "xz";
	else if (starts(head, len, "\x04\x22\x4d\x18", 4))
		*kind = "lz4";
	else
		return false;
	return true;
}

/* The codec for kind; NULL: built without; *lib is the library it would need. */
static const struct codec *codec_for(const char *kind, const char **lib)
{
	if (strcmp(kind, "gzip") == 0 || strcmp(kind, "bgzf") == 0)
		return &codec_gzip;
	*lib = strcmp(kind, "zstd") == 0 ? "libzstd" : strcmp(kind, "xz") == 0 ? "liblzma" : "liblz4";
#ifdef HAVE_ZSTD
	if (strcmp(kind, "zstd") == 0)
		return &codec_zstd;
#endif
#ifdef HAVE_LZMA
	if (strcmp(kind, "xz") == 0)
		return &codec_xz;
#endif
#ifdef HAVE_LZ4
	if (strcmp(kind, "lz4") == 0)
		return &codec_lz4;
#endif
	return NULL;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* With the lock, let go while the caller's progress is told. Waits for the pass to move. */
static void wait_for_pass(struct compressed *c)
{
	struct timespec until;
	const struct intake_options *o = &c->in->options;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += TICK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&c->moved, &c->lock, &until);
	if (o->progress == NULL || !pthread_equal(pthread_self(), c->owner) || now_ms() - c->told_ms < TICK_MS)
		return;
	c->told_ms = now_ms();
	uint64_t done = c->taken;
	pthread_mutex_unlock(&c->lock);
	bool on = o->progress(o->progress_ctx, c->image.label, done, c->below_size);
	pthread_mutex_lock(&c->lock);
	if (!on) {
		c->stop = true;
		pthread_cond_broadcast(&c->room);
	}
}

/* With the lock. What was asked for is at least up to end; UINT64_MAX: nobody reads along. */
static void ask_for(struct compressed *c, uint64_t end)
{
	if (end == UINT64_MAX)
		c->released = true;
	else if (end > c->wanted)
		c->wanted = end;
	pthread_cond_broadcast(&c->room);
}

/* With the lock, by the owner's side: the pass has ended, and the image has its size. */
static enum status settle(struct compressed *c)
{
	c->image.size = c->given;
	c->image.unsettled = false;
	c->layer->size = c->given;
	c->src->size = c->given;
	if (c->status == STATUS_OK)
		return STATUS_OK;
	return problem_set(&c->image.problem, c->status, "%s: %s stream: %s", c->image.label,
			   c->layer->kind, c->text);
}

static enum status compressed_reach(struct image *im, uint64_t end, struct problem *p)
{
	struct compressed *c = (struct compressed *)im;
	enum status status = STATUS_OK;

	pthread_mutex_lock(&c->lock);
	ask_for(c, end);
	while (!c->ended && c->given < end)
		wait_for_pass(c);
	if (c->ended && im->unsettled)
		status = settle(c);
	if (status != STATUS_OK)
		problem_set(p, status, "%s", im->problem.text);
	pthread_mutex_unlock(&c->lock);
	return status;
}

/* With the lock. The part [off, off+n) of block idx, from wherever it is. */
static bool read_block(struct compressed *c, uint64_t idx, size_t off, size_t n, uint8_t *buf)
{
	while (c->given < idx * BLOCK_LEN + off + n && !c->ended)
		wait_for_pass(c);
	if (c->given < idx * BLOCK_LEN + off + n)
		return false;
	if (blocks_zero(&c->blocks, idx)) {
		memset(buf, 0, n);
		return true;
	}
	struct block *k = blocks_find(&c->blocks, idx);
	if (k == NULL)
		k = back_block(c, idx);
	if (k)
		memcpy(buf, k->p + off, n);
	return k != NULL;
}

static enum status compressed_read(struct image *im, uint64_t at, size_t len, uint8_t *buf,
				   uint8_t *lost, struct problem *p)
{
	struct compressed *c = (struct compressed *)im;
	bool ok = true;

	(void)lost; /* what does not come out of the stream is not inside the image */
	pthread_mutex_lock(&c->lock);
	ask_for(c, at + len);
	while (len && ok) {
		size_t off = (size_t)(at % BLOCK_LEN);
		size_t n = len < BLOCK_LEN - off ? len : BLOCK_LEN - off;
		ok = read_block(c, at / BLOCK_LEN, off, n, buf);
		at += n;
		buf += n;
		len -= n;
	}
	enum status stopped = c->ended ? c->status : STATUS_OK;
	pthread_mutex_unlock(&c->lock);
	if (ok)
		return STATUS_OK;
	if (stopped == STATUS_INTERRUPTED)
		return problem_set(p, stopped, "%s: stopped while it was being read", im->label);
	if (c->known)
		return problem_set(p, STATUS_IO, "%s: what is known of where it can be entered does not fit what it "
				   "holds; analyze it without --keep-index", im->label);
	return problem_set(p, STATUS_IO, "%s: decoding it once more did not give the same; was it changed "
			   "meanwhile?", im->label);
}

/* A run of zeros is told as a hole, which it may have been: both mean zeros. */
static struct extent compressed_extent(struct image *im, uint64_t at)
{
	struct compressed *c = (struct compressed *)im;

	pthread_mutex_lock(&c->lock);
	uint64_t end = c->given, idx = at / BLOCK_LEN;
	bool zero = blocks_zero(&c->blocks, idx);
	do
		idx++;
	while (idx <= (end - 1) / BLOCK_LEN && blocks_zero(&c->blocks, idx) == zero);
	pthread_mutex_unlock(&c->lock);
	uint64_t to = idx * BLOCK_LEN < end ? idx * BLOCK_LEN : end;
	return (struct extent){ at, to - at, zero ? EXTENT_HOLE : EXTENT_DATA };
}

static struct origin compressed_origin(const struct image *im, uint64_t at)
{
	const struct compressed *c = (const struct compressed *)im;

	return (struct origin){ c->src, at, im->size - at };
}

static void join(struct compressed *c)
{
	if (!c->joined)
		pthread_join(c->thread, NULL);
	c->joined = true;
	hasher_close(c->hasher);
	c->hasher = NULL;
	if (c->pass.dec)
		c->codec->close(c->pass.dec);
	c->pass.dec = NULL;
}

static void compressed_close(struct image *im)
{
	struct compressed *c = (struct compressed *)im;
	struct compressed **link = &c->in->streams;

	while (*link && *link != c)
		link = &(*link)->earlier;
	if (*link)
		*link = c->earlier;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->room);
	pthread_mutex_unlock(&c->lock);
	join(c);
	back_close(c);
	free(c->back_in);
	free(c->flags);
	blocks_close(&c->blocks);
	seek_close(&c->seek);
	image_close(c->below);
	pthread_mutex_destroy(&c->feed_lock);
	pthread_mutex_destroy(&c->lock);
	pthread_mutex_destroy(&c->back_lock);
	pthread_cond_destroy(&c->moved);
	pthread_cond_destroy(&c->room);
	free(c);
}

static const struct image_ops compressed_ops = {
	.read = compressed_read, .extent = compressed_extent, .origin = compressed_origin,
	.reach = compressed_reach, .close = compressed_close,
};

/* Signals go to the caller's threads. */
static bool start_thread(struct compressed *c)
{
	sigset_t all, was;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &was);
	c->hasher = hasher_open(c->in->options.hash_plain	   ? HASHER_PLAIN_ALWAYS :
				c->below_size > HASHER_PLAIN_MAX ? HASHER_PLAIN_NEVER :
								   HASHER_PLAIN_SHORT);
	bool ok = c->hasher && pthread_create(&c->thread, NULL, pass_run, c) == 0;
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	return ok;
}

/* Those opened before are finished, and share what one of them alone had. */
static enum status make_room(struct intake *in, struct problem *p)
{
	uint32_t nr = 0;

	for (struct compressed *c = in->streams; c; c = c->earlier, nr++) {
		struct problem own = { STATUS_OK, "" }; /* it is that image's, and mostly told from there */
		enum status st = compressed_finish(&c->image, &own);

		if (st == STATUS_INTERRUPTED || st == STATUS_NOMEM)
			return problem_set(p, st, "%s", own.text);
	}
	for (struct compressed *c = in->streams; c; c = c->earlier) {
		pthread_mutex_lock(&c->back_lock);
		pthread_mutex_lock(&c->lock);
		blocks_limit(&c->blocks, nr < BLOCKS_MAX / 2 ? BLOCKS_MAX / 2 / nr : 1);
		seek_bound(&c->seek, SEEK_MEMORY / nr);
		pthread_mutex_unlock(&c->lock);
		back_close(c);
		free(c->back_in);
		c->back_in = NULL;
		pthread_mutex_unlock(&c->back_lock);
	}
	return STATUS_OK;
}

/* Takes *k: there will be no pass. stored: its digests are of what is stored now. */
static void settle_known(struct compressed *c, struct known *k, bool stored)
{
	struct source *src = c->src;

	seek_close(&c->seek);
	c->seek = k->seek;
	c->blocks.zero = k->zero;
	c->blocks.zero_len = k->zero_len;
	c->given = k->size;
	c->known = c->joined = c->ended = c->released = true;
	settle(c);
	if (k->note[0])
		source_note(src, c->in->arena, k->note);
	if (stored) {
		src->stored_hashed = true;
		memcpy(src->stored_sha256, k->stored, DIGEST_LEN);
	}
	if (stored && k->has_sums) {
		src->decoded_tree_hashed = true;
		memcpy(src->decoded_tree_sha256, k->tree, DIGEST_LEN);
	}
	if (stored && k->has_plain) {
		src->decoded_hashed = true;
		memcpy(src->decoded_sha256, k->plain, DIGEST_LEN);
	}
	*k = (struct known){ .zero = NULL };
}

/* True when the stream needs no pass. False, with p's status, when that was not to be found out. */
static bool find_known(struct compressed *c, const char *kind, struct problem *p)
{
	struct known k;
	bool stored = false;
	bool found = known_by_index(c->in, c->below, c->src, kind, &c->index, &k, &stored, p);
	const char *by = "it was opened by an index kept of it: what is decoded was not hashed again";

	if (!found && p->status == STATUS_OK && c->in->options.no_digests && c->index.path == NULL) {
		const uint64_t most = c->in->options.limits.decoded;

		found = known_by_members(c->below, kind, &k);
		if (found && most && k.size > most) { /* the pass says so */
			known_close(&k);
			found = false;
		}
		by = "it was opened by its own table of members: what was not asked for has not been looked at";
	}
	if (!found)
		return false;
	c->layer = source_layer(c->src, c->in->arena, kind, NULL, 0);
	if (c->layer == NULL) {
		known_close(&k);
		problem_set(p, STATUS_NOMEM, "%s: no memory", c->image.label);
		return false;
	}
	source_note(c->src, c->in->arena, by);
	settle_known(c, &k, stored);
	return true;
}

/* The pass, and its hasher. */
static enum status start_pass(struct compressed *c, const char *kind, struct problem *p)
{
	c->layer = source_layer(c->src, c->in->arena, kind, NULL, 0);
	c->pass.dec = c->codec->open();
	c->flags = malloc(FEED_LEN);
	if (!seek_open(&c->seek) || c->layer == NULL || c->pass.dec == NULL || c->flags == NULL ||
	    !start_thread(c))
		return problem_set(p, STATUS_NOMEM, "%s: no memory or no thread to decompress it", c->image.label);
	c->joined = false;
	return STATUS_OK;
}

enum status compressed_open(struct intake *in, struct image *below, struct source *src,
			    const char *kind, struct image **out, struct problem *p)
{
	const char *lib = NULL;
	const struct codec *codec = codec_for(kind, &lib);

	*out = NULL;
	if (codec == NULL) {
		problem_set(p, STATUS_UNSUPPORTED, "%s: compressed with %s, and this program was built "
			    "without %s; decompress it first", below->label, kind, lib);
		image_close(below);
		return STATUS_UNSUPPORTED;
	}
	enum status st = make_room(in, p);
	if (st != STATUS_OK) {
		image_close(below);
		return st;
	}
	image_settle(below); /* a stream within a stream: only the outer one can be read along */
	struct compressed *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		image_close(below);
		return problem_set(p, STATUS_NOMEM, "no memory to decompress");
	}
	c->image = (struct image){ .ops = &compressed_ops, .size = UINT64_MAX, .unsettled = true,
				   .label = below->label };
	c->in = in;
	c->src = src;
	c->codec = codec;
	c->owner = pthread_self();
	c->told_ms = now_ms();
	c->below = below;
	c->below_size = below->size;
	c->released = !in->options.overlap;
	pthread_mutex_init(&c->feed_lock, NULL);
	pthread_mutex_init(&c->lock, NULL);
	pthread_mutex_init(&c->back_lock, NULL);
	pthread_cond_init(&c->moved, NULL);
	pthread_cond_init(&c->room, NULL);
	c->joined = true;
	struct problem own = { STATUS_OK, "" };
	bool known = find_known(c, kind, &own);
	if (!known && (own.status != STATUS_OK || start_pass(c, kind, &own) != STATUS_OK)) {
		compressed_close(&c->image);
		return problem_set(p, own.status, "%s", own.text);
	}
	c->earlier = in->streams;
	in->streams = c;
	if (!in->options.overlap)
		image_settle(&c->image);
	if (c->image.problem.status == STATUS_INTERRUPTED) {
		problem_set(p, STATUS_INTERRUPTED, "%s", c->image.problem.text);
		compressed_close(&c->image);
		return STATUS_INTERRUPTED;
	}
	*out = &c->image;
	return STATUS_OK;
}

/* What a reader of the report must know of the stream; NULL: nothing. */
static const char *note_of(struct compressed *c)
{
	struct arena *a = c->in->arena;
	const char *kind = c->layer->kind, *text = NULL;
	unsigned long long at = c->fault_at, given = c->given;

	if (c->status != STATUS_OK)
		text = arena_printf(a, "the %s stream was not read to its end: %s", kind, c->text);
	else if (c->end == STREAM_SHORT)
		text = arena_printf(a, "the %s stream ends early, at stored byte %llu: %llu bytes came out of "
				    "it, what followed is lost", kind, at, given);
	else if (c->end == STREAM_BAD)
		text = arena_printf(a, "the %s stream is damaged at or before stored byte %llu (%s): %llu "
				    "bytes came out of it, what followed is lost", kind, at,
				    c->why ? c->why : "invalid data", given);
	else if (c->end == STREAM_LOST)
		text = arena_printf(a, "stored byte %llu of the %s stream cannot be read: %llu bytes came out "
				    "of it, what followed is lost", at, kind, given);
	if (c->note[0])
		text = text ? arena_printf(a, "%s; %s", text, c->note) : arena_text(a, c->note);
	return text;
}

enum status compressed_finish(struct image *im, struct problem *p)
{
	if (im->ops != &compressed_ops)
		return STATUS_OK;
	struct compressed *c = (struct compressed *)im;
	if (c->joined)
		return STATUS_OK;

	enum status status = im->unsettled ? compressed_reach(im, UINT64_MAX, p) : STATUS_OK;
	join(c);
	if (status == STATUS_OK && c->status == STATUS_INTERRUPTED)
		status = problem_set(p, STATUS_INTERRUPTED, "%s", im->problem.text);
	struct source *src = c->src;
	source_note(src, c->in->arena, note_of(c));
	bool only = src->layers && src->layers->next == c->layer; /* what we read is the file itself */
	if (c->sums.ok && c->all_stored && only) {
		memcpy(src->stored_sha256, c->sums.stored, DIGEST_LEN);
		src->stored_hashed = true;
	}
	if (c->sums.ok && c->status == STATUS_OK) {
		memcpy(src->decoded_tree_sha256, c->sums.tree, DIGEST_LEN);
		src->decoded_tree_hashed = true;
	}
	if (c->sums.plain_ok && c->status == STATUS_OK) {
		memcpy(src->decoded_sha256, c->sums.plain, DIGEST_LEN);
		src->decoded_hashed = true;
	}
	enum status below = compressed_finish(c->below, p);
	return status == STATUS_OK ? below : status;
}

bool compressed_index(struct compressed *c, const char **path, uint8_t **bytes, size_t *len)
{
	if (c->index.path == NULL || c->known || !c->joined || c->status != STATUS_OK || !c->sums.ok || !c->all_stored)
		return false;
	struct known k = { .seek = c->seek, .zero = c->blocks.zero, .zero_len = c->blocks.zero_len, .size = c->given,
			   .has_sums = true, .has_plain = c->sums.plain_ok };
	const char *note = note_of(c);

	memcpy(k.stored, c->sums.stored, DIGEST_LEN);
	memcpy(k.tree, c->sums.tree, DIGEST_LEN);
	memcpy(k.plain, c->sums.plain, DIGEST_LEN);
	strncpy(k.note, note ? note : "", sizeof(k.note) - 1);
	*path = c->index.path;
	*bytes = index_encode(&c->index.key, &k, len);
	return true;
}

struct compressed *compressed_earlier(const struct compressed *c)
{
	return c->earlier;
}
