#include "formats/base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct digest {
	EVP_MD_CTX *ctx;
	bool ok;
};

struct digest *digest_open(void)
{
	struct digest *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return NULL;
	d->ctx = EVP_MD_CTX_new();
	d->ok = d->ctx && EVP_DigestInit_ex(d->ctx, EVP_sha256(), NULL) == 1;
	if (!d->ok) {
		digest_close(d);
		return NULL;
	}
	return d;
}

void digest_close(struct digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
	d->ok = d->ok && EVP_DigestUpdate(d->ctx, bytes, len) == 1;
}

bool digest_end(struct digest *d, uint8_t out[DIGEST_LEN])
{
	d->ok = d->ok && EVP_DigestFinal_ex(d->ctx, out, NULL) == 1;
	return d->ok;
}

bool digest_of(const void *bytes, size_t len, uint8_t out[DIGEST_LEN])
{
	return EVP_Digest(bytes, len, out, NULL, EVP_sha256(), NULL) == 1;
}

void digest_text(const uint8_t in[DIGEST_LEN], char text[2 * DIGEST_LEN + 1])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_LEN; i++) {
		text[2 * i] = hex[in[i] >> 4];
		text[2 * i + 1] = hex[in[i] & 15];
	}
	text[2 * (size_t)DIGEST_LEN] = '\0';
}
