// The page, as a reader meets it.
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import test, { after } from "node:test";
import { accessible, analyze, blockPool, closeBrowser, crashedPool, damagedSet, EVIL, open, render, scratch, tornPool } from "./browser.mjs";
import { BYTES, fixture } from "./fixture.mjs";

const crashed = crashedPool(), damaged = damagedSet();
const files = {
	crashed: analyze(crashed),
	damaged: analyze(damaged),
	block: analyze(blockPool()),
	torn: analyze(tornPool()),
	evil: render(fixture(EVIL)),
	plain: render(fixture("a lane of the heap")),
};

after(closeBrowser);

async function quiet(page) {
	assert.deepEqual(page.complaints, []);
	await page.context().close();
}

test("evidence is text, whatever it says", async () => {
	for (const file of [files.crashed, files.evil]) {
		for (const scripts of [true, false]) {
			const page = await open(file, { scripts });

			if (scripts) {
				for (const button of await page.locator("#map-view summary").all())
					await button.click();
				assert.equal(await page.evaluate(() => window.hit), undefined);
				assert.equal(await page.evaluate(() => document.querySelectorAll("img, iframe, object, [onerror], [onload]").length), 0);
				assert.equal(await page.evaluate(() => document.scripts.length), 3);
			}
			assert.ok((await page.locator("body").innerText()).includes("onerror="));
			await quiet(page);
		}
	}
});

test("what matters is there without scripts", async () => {
	const page = await open(files.damaged, { scripts: false });
	const text = await page.locator("main").innerText();

	assert.match(await page.locator("#verdict .word").innerText(), /Damaged/);
	assert.ok((await page.locator("#verdict-title").innerText()).length > 5);
	assert.ok((await page.locator(".next p").innerText()).length > 5);
	assert.ok(await page.locator("#findings-table tbody tr").count() > 1);
	assert.ok(await page.locator(".sides .odd").count() > 0, "replicas side by side");
	assert.match(text, /scripts are off/);
	assert.equal(await page.locator("#filters").isVisible(), false);
	assert.ok(await page.locator("#provenance .source").count() >= 4);
	await page.locator("#findings-table summary").first().click();
	assert.ok(await page.locator("#findings-table dl").first().isVisible());
	await quiet(page);
	const story = await open(files.plain, { scripts: false });
	assert.equal(await story.locator(".timeline > li").count(), 2);
	assert.ok(await story.locator("#story a.term").count() > 0, "terms are linked");
	await quiet(story);
});

test("a policy forbids all that the page does not need", async () => {
	const html = readFileSync(files.crashed, "utf8");
	const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)[1];

	assert.match(policy, /^default-src 'none'; script-src 'sha256-[^' ]+'; style-src 'sha256-[^' ]+'; base-uri 'none'; form-action 'none'$/);
	assert.ok(!/innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function/.test(html));
	assert.ok(!/(src|href)="(?!#)/.test(html), "no link leaves the page");
});

test("findings are filtered and searched", async () => {
	const page = await open(files.plain);
	const shown = () => page.locator("#findings-table tbody tr:visible").count();

	assert.equal(await shown(), 12);
	await page.locator("input[value=note]").uncheck();
	assert.equal(await shown(), 8);
	await page.fill("[name=text]", "heap 7");
	assert.equal(await shown(), 1);
	assert.equal(await page.locator("#shown").innerText(), "1 of 12 shown");
	await page.fill("[name=text]", "");
	await page.selectOption("[name=check]", "some.check.fault0");
	assert.equal(await shown(), 4);
	await page.locator(".counts .warning a").click();
	assert.equal(await shown(), 4);
	assert.equal(await page.locator("#findings-table tr:visible .severity").nth(0).innerText(), "warning");
	await quiet(page);
});

test("a permalink opens its finding, also when a filter hides it", async () => {
	const id = "finding-" + "2".padStart(16, "0");
	let page = await open(files.plain, { hash: "#" + id });

	assert.ok(await page.locator("#" + id + " dl").isVisible());
	await page.locator("input[value=note]").uncheck();
	assert.equal(await page.locator("#" + id).isVisible(), false);
	await page.evaluate(() => { location.hash = "#finding-" + "5".padStart(16, "0"); });
	await page.locator("#finding-" + "5".padStart(16, "0") + " dl").waitFor();
	await quiet(page);
	page = await open(files.damaged);
	const path = page.locator("#findings-table a.path").first();
	const told = await path.innerText();
	await path.click();
	assert.ok(told.startsWith(await page.locator("#detail dd").first().innerText()), "the structure of the finding is shown");
	await page.locator("#detail .linked a").first().click();
	assert.ok(await page.locator("#findings-table details[open]").count() > 0, "and leads back");
	await quiet(page);
});

test("the tree is walked by keyboard", async () => {
	const page = await open(files.plain);
	const at = () => page.evaluate(() => document.activeElement.dataset.path);

	await page.locator("#tree > li").focus();
	await page.keyboard.press("Home");
	for (const [key, path] of [["ArrowRight", "a[0]"], ["ArrowDown", "a[0].b"], ["ArrowDown", "a[1]"], ["ArrowRight", "a[1]"],
				   ["ArrowRight", "a[1].b"], ["ArrowLeft", "a[1]"], ["ArrowLeft", "a[1]"], ["End", "a[1]"]]) {
		await page.keyboard.press(key);
		assert.equal(await at(), path, key);
	}
	await page.keyboard.press("Enter");
	assert.match(await page.locator("#detail h3").innerText(), /a\[1\]/);
	assert.equal(await page.evaluate(() => location.hash), "#at/a%5B1%5D");
	await page.goBack();
	assert.match(await page.locator("#detail h3").innerText(), /b/);
	await quiet(page);
});

test("fields and bytes point at each other", async () => {
	const page = await open(files.plain, { hash: "#at/a%5B0%5D.b.sum" });
	const lit = () => page.evaluate(() => [...document.querySelectorAll(".hex .lit")].map((s) => s.textContent.trim()).join("|"));

	await page.waitForFunction(() => document.querySelector(".hex .lit"));
	assert.equal(await lit(), "01 02 03 04 05 06 07 08|........");
	await page.locator("button.field", { hasText: "magic" }).focus();
	assert.equal(await lit(), "4d 41 47 49 43 00 00 00|MAGIC...");
	await page.locator(".hex [data-field='1']").first().click();
	assert.equal(await page.evaluate(() => document.activeElement.textContent), "word");
	assert.match(await page.locator("tr.lit").innerText(), /ONE, FOUR/);
	/* a long value leaves room for its meaning: the rest of it stands among the bytes */
	assert.match(await page.locator(".fields tr", { has: page.locator("button.field", { hasText: "rest" }) }).innerText(),
		/\bab( ab){11} …\s+anything/);
	assert.equal(await page.evaluate(() => structureBytes(report.layouts.thing, report.model.children[0].children[0].fields)
		.map((b) => b.toString(16).padStart(2, "0")).join("")), BYTES);
	await quiet(page);
});

const images = new Map();
const image = (name) => images.get(name) || images.set(name, readFileSync(scratch(name))).get(name);

test("the bytes shown are those of the files", async () => {
	let looked = 0;

	for (const file of [files.crashed, files.damaged, files.block]) {
		const page = await open(file);

		await page.evaluate(() => { window.told_hex = (layout, fields) => structureBytes(layout, fields)
			.map((b) => (b === null ? "00" : b.toString(16).padStart(2, "0"))).join(""); });
		const structures = await page.evaluate(() => [...nodes.values()].map((e) => e.node)
			.filter((n) => n.fields && n.place.length === 1 && n.place[0].source !== null)
			.map((n) => ({ path: n.path, at: number(n.place[0].offset), name: told(report.sources[n.place[0].source].name),
				       bytes: told_hex(layoutOf(n), n.fields) })));
		const rows = await page.evaluate(() => Object.entries(tables).flatMap(([path, list]) => {
			const { node } = nodes.get(path);
			return node.place.length !== 1 ? [] : list.map((fields, i) => ({ path: path + "[" + i + "]", at: number(node.place[0].offset) + i * number(node.stride),
				name: told(report.sources[node.place[0].source].name), bytes: told_hex(layoutOf(node), fields) }));
		}));

		for (const s of structures.concat(rows)) {
			const real = image(s.name).subarray(s.at, s.at + s.bytes.length / 2);
			assert.equal(s.bytes, real.toString("hex"), s.path);
			looked++;
		}
		await quiet(page);
	}
	assert.ok(looked > 100, "looked at " + looked);
});

test("the map is walked, looked into, and left again", async () => {
	const page = await open(files.plain);
	const band = page.locator("[role=listbox][aria-label='file 0']");

	await band.focus();
	assert.match(await page.locator("#tile-detail").innerText(), /class meta/);
	await page.keyboard.press("ArrowRight");
	assert.match(await page.locator("#tile-detail").innerText(), /3 findings lie here/);
	await page.locator("#tile-detail a", { hasText: "Show its bytes" }).click();
	assert.equal(await page.locator("#detail dd").first().innerText(), "a[0].b");
	await band.focus();
	await page.keyboard.press("Home");
	await page.keyboard.press("Enter");
	assert.equal(await page.locator("#map-view [role=listbox]").count(), 1);
	const grid = page.locator("[role=listbox][aria-label='units']");
	for (const key of ["ArrowRight", "ArrowRight", "ArrowDown"])
		await page.keyboard.press(key);
	assert.notEqual(await grid.getAttribute("aria-activedescendant"), null);
	await page.keyboard.press("Escape");
	assert.ok(await page.locator("#map-view [role=listbox]").count() > 1);
	await page.locator("#map-view summary").first().click();
	assert.equal(await page.locator("#map-view details[open] tbody tr").count(), 2);
	await quiet(page);
	const real = await open(files.crashed);
	assert.ok(await real.locator("#map-view .grid .tile").count() > 3, "chunks of a real heap");
	await quiet(real);
});

/* Picks by keys, then lets Enter lead to the bytes. */
async function readTile(page, title, ...keys) {
	await page.locator("#map-view [role=listbox][aria-label='" + title + "']").focus();
	for (const key of keys)
		await page.keyboard.press(key);
	await page.keyboard.press("Enter");
	assert.equal(await page.evaluate(() => document.activeElement.textContent), "Show its bytes", title);
	await page.keyboard.press("Enter");
	await page.waitForFunction(() => location.hash.startsWith("#at/"));
	assert.ok(await page.locator("#detail .hex").isVisible(), title + ": bytes");
	return page.locator("#detail dd").first().innerText();
}

test("a heap is read down to its bytes by keyboard", async () => {
	const page = await open(files.crashed);
	const zones = page.locator("#map-view [role=listbox][aria-label='zones']");

	await zones.focus();
	await page.keyboard.press("End");
	await page.keyboard.press("Enter");
	assert.match(await page.locator("#map-view .crumbs").innerText(), /Pool › zone 0/);
	assert.equal(await page.locator("#map-view [role=listbox]").count(), 1, "the zone alone");
	assert.match(await readTile(page, "zone 0", "Home", "ArrowRight"), /zone\[0\]/);
	await quiet(page);
});

test("of a BTT the map, the free blocks and the flog are drawn", async () => {
	const page = await open(files.block);
	const classes = await page.evaluate(() => Object.fromEntries(report.map.bands.filter((b) => b.shape === "grid").map((b) => [b.title,
		[...new Set(b.tiles.map((t) => tileClass(t).name))].sort().join(", ")])));

	assert.deepEqual(classes, { "arena 0": "never written, written", "data area of arena 0": "free, mapped", "flog of arena 0": "at rest, never used" });
	for (const title of Object.keys(classes))
		assert.ok(await page.locator("#map-view svg.grid[aria-label='" + title + "'] .tile").count() > 100, title);
	const free = await page.evaluate(() => report.map.bands.find((b) => b.title.startsWith("data area")).tiles
		.reduce((sum, t) => sum + (t.held ? number(t.held[report.map.classes.findIndex((c) => c.name === "free")])
			: tileClass(t).name === "free" ? number(t.length) : 0), 0));
	assert.equal(free, 256 * 512, "a block for each lane");
	assert.match(await readTile(page, "flog of arena 0", "Home", "ArrowRight"), /flog/);
	await quiet(page);
});

test("what repair would change is told before and after", async () => {
	const page = await open(files.torn);
	const told = await page.locator("#plan").innerText();

	assert.match(told, /Was/);
	assert.match(told, /Becomes/);
	await quiet(page);
});

test("nobody is shut out", async () => {
	for (const [name, width, scheme] of [["plain", 1280, "light"], ["evil", 360, "dark"], ["crashed", 1920, "dark"],
					     ["damaged", 360, "light"], ["block", 1920, "light"]]) {
		const page = await open(files[name], { width, scheme });

		await page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
		await accessible(page, name);
		await quiet(page);
	}
});

test("on paper everything is open", async () => {
	const page = await open(files.plain);
	const pdf = await page.pdf({ format: "A4" });

	assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
	assert.ok((pdf.toString("latin1").match(/\/Type \/Page\b/g) || []).length >= 3, "pages");
	await page.emulateMedia({ media: "print" });
	assert.equal(await page.locator("nav").isVisible(), false);
	assert.equal(await page.locator("#filters").isVisible(), false);
	assert.ok(await page.locator("#findings-table dl").first().isVisible(), "details are open");
	assert.ok(await page.locator("#findings-table dl").first().evaluate((d) => d.getBoundingClientRect().height > 20));
	await quiet(page);
});

test("a page can be mailed, and the same evidence gives the same page", () => {
	for (const file of Object.values(files))
		assert.ok(statSync(file).size < 2000000);
	const large = render(fixture("something is wrong here", 30000));
	assert.ok(statSync(large).size < 2000000);
	assert.match(readFileSync(large, "utf8"), /findings after the first 500 of 30000/);
	assert.ok(readFileSync(analyze(damaged, "--reproducible")).equals(readFileSync(analyze(damaged, "--reproducible"))));
});
