#include "report/html/head.h"

#include "formats/base/digest.h"
#include "report/html/assets.h"

#include <stdint.h>

/* What a policy names an inline script or style by. */
static bool put_source_hash(FILE *out, const void *text, size_t len)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t d[DIGEST_LEN + 1] = { 0 };

	if (!digest_of(text, len, d))
		return false;
	fputs("'sha256-", out);
	for (size_t i = 0; i < DIGEST_LEN; i += 3) {
		uint32_t v = (uint32_t)d[i] << 16 | (uint32_t)d[i + 1] << 8 | (i + 2 < DIGEST_LEN ? d[i + 2] : 0);

		fputc(set[v >> 18], out);
		fputc(set[v >> 12 & 63], out);
		fputc(set[v >> 6 & 63], out);
		fputc(i + 2 < DIGEST_LEN ? set[v & 63] : '=', out);
	}
	fputs("'", out);
	return true;
}

bool html_head_open(FILE *out, bool script)
{
	bool ok;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; ", out);
	if (script)
		fputs("script-src ", out);
	ok = !script || put_source_hash(out, html_js, html_js_len);
	fputs(script ? "; style-src " : "style-src ", out);
	ok = put_source_hash(out, html_css, html_css_len) && ok;
	fputs("; base-uri 'none'; form-action 'none'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>", out);
	return ok;
}

void html_head_close(FILE *out)
{
	fputs(" \xe2\x80\x93 pmemscope</title>\n<style>", out);
	fwrite(html_css, 1, html_css_len, out);
	fputs("</style>\n</head>\n", out);
}
