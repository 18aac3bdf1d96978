// The pages beside the report: what changed, an index over many, a fleet. No scripts; nothing may leave them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test, { after } from "node:test";
import { accessible, closeBrowser, crashedPool, damagedSet, diffOf, fleetOf, indexOf, open } from "./browser.mjs";

const crashed = crashedPool(), damaged = damagedSet();
const pages = { diff: diffOf(crashed), index: indexOf(crashed, damaged), fleet: fleetOf(crashed, damaged) };

after(closeBrowser);

test("evidence is text on every page, and no page has a script", async () => {
	for (const [name, file] of Object.entries(pages)) {
		const html = readFileSync(file, "utf8");

		assert.match(html, /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^' ]+'; base-uri 'none'; form-action 'none'"/);
		assert.ok(!/<script|<img|<svg/i.test(html), name);
		const page = await open(file);
		assert.equal(await page.evaluate(() => document.querySelectorAll("img, svg, iframe, object, script, [onerror], [onload]").length), 0, name);
		assert.ok((await page.locator("body").innerText()).includes("onerror="), name + " tells the pool's name");
		assert.deepEqual(page.complaints, [], name);
		await page.context().close();
	}
});

test("nobody is shut out, whatever the width and the light", async () => {
	for (const [name, file] of Object.entries(pages)) {
		for (const [width, scheme] of [[360, "dark"], [360, "light"], [1920, "light"], [1920, "dark"]]) {
			const page = await open(file, { width, scheme });

			await accessible(page, name + " " + width + " " + scheme);
			assert.equal((await page.locator("thead").first().boundingBox()).width > 1, width > 1000, name + ": heads of columns where there are columns");
			assert.equal(await page.locator(".scroll").evaluateAll((all) => all.filter((d) => d.scrollWidth > d.clientWidth).length), 0,
				name + ": columns fit " + width);
			assert.deepEqual(page.complaints, [], name);
			await page.context().close();
		}
	}
});

test("short words are never cut in two", async () => {
	for (const width of [360, 1280]) {
		for (const [name, file] of Object.entries(pages)) {
			const page = await open(file, { width });

			assert.ok(await page.locator("td.word").evaluateAll((all) => all.length > 0 && all.every((c) => {
				const words = document.createRange();
				words.selectNodeContents(c);
				return words.getClientRects().length <= 1;
			})), name);
			await page.context().close();
		}
	}
});

test("links of the index and of the fleet lead to reports", async () => {
	for (const name of ["index", "fleet"]) {
		const page = await open(pages[name]);
		const links = await page.locator("td a").evaluateAll((all) => [...new Set(all.map((a) => a.href))]);

		assert.equal(links.length, 2, name);
		for (const link of links) {
			await page.goto(link);
			assert.ok(await page.locator("#verdict-title").isVisible(), link);
		}
		await page.context().close();
	}
});

test("they can be printed", async () => {
	for (const [name, file] of Object.entries(pages)) {
		const page = await open(file);
		const pdf = await page.pdf({ format: "A4" });

		assert.equal(pdf.subarray(0, 5).toString(), "%PDF-", name);
		await page.emulateMedia({ media: "print", colorScheme: "dark" });
		assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)", name);
		await page.context().close();
	}
});
