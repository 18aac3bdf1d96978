// A browser, and pages of pools that PMDK made, for the tests.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { CHROMIUM, MODULES, PAGE, PEERS, PMEMSCOPE, SCRATCH } = process.env;
const require = createRequire(join(MODULES, "package.json"));
const { chromium } = require("playwright-core");

const axeSource = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const scratch = (name) => join(SCRATCH, name);
export const EVIL = `"><img src=x onerror="window.hit=1"><script>window.hit=1</script><!--`;

rmSync(SCRATCH, { recursive: true, force: true });
mkdirSync(SCRATCH, { recursive: true });

const browser = await chromium.launch({
	executablePath: CHROMIUM,
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
	       "--disable-component-update", "--disable-sync"],
});
export const closeBrowser = () => browser.close();

/* A page, with all that it must not do written down in page.complaints. */
export async function open(file, { width = 1280, scheme = "light", scripts = true, hash = "" } = {}) {
	const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, javaScriptEnabled: scripts });
	const page = await context.newPage();
	const url = pathToFileURL(file).href;

	page.complaints = [];
	page.on("console", (m) => page.complaints.push("console: " + m.text()));
	page.on("pageerror", (e) => page.complaints.push("error: " + e.message));
	page.on("dialog", (d) => { page.complaints.push("dialog: " + d.message()); d.dismiss(); });
	page.on("request", (r) => { if (r.url().split("#")[0] !== url) page.complaints.push("request: " + r.url()); });
	await page.goto(url + hash);
	return page;
}

/* No rule of WCAG A and AA is broken, and nothing sticks out at the side. */
export async function accessible(page, name) {
	await page.evaluate(axeSource);
	/* of long tables the first rows stand for all */
	const { violations, passes } = await page.evaluate(() => axe.run({ exclude: [["tbody tr:nth-child(n + 25)"]] }, {
		runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] }));

	assert.ok(passes.length > 10, name + ": rules were looked at");
	assert.deepEqual(violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" | ")), [], name);
	assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0, name + " fits");
}

function run(program, args, options = {}) {
	return execFileSync(program, args, { cwd: SCRATCH, stdio: ["ignore", "pipe", "inherit"], maxBuffer: 1 << 26, ...options });
}

/* Killed in a transaction; its name, its layout and its contents are markup. */
export function crashedPool() {
	const name = "<img src=x onerror=alert(1)>.obj";

	run("pmempool", ["create", "--layout", EVIL, "obj", "-s", "64M", name]);
	spawnSync(join(PEERS, "obj_use"), ["tx", name], { cwd: SCRATCH });
	const bytes = readFileSync(scratch(name));
	for (let at; (at = bytes.indexOf("half written")) >= 0;)
		bytes.write("<svg/onload>", at);
	writeFileSync(scratch(name), bytes);
	return name;
}

/* Two replicas, the first of two parts; the second replica's header is damaged in one byte. */
export function damagedSet() {
	writeFileSync(scratch("two.set"), "PMEMPOOLSET\n20M " + scratch("r0p0") + "\n20M " + scratch("r0p1") +
		"\nREPLICA\n40M " + scratch("r1p0") + "\n");
	run("pmempool", ["create", "obj", "two.set"]);
	const bytes = readFileSync(scratch("r1p0"));
	bytes[100] ^= 1;
	bytes[17] ^= 0x80;
	writeFileSync(scratch("r1p0"), bytes);
	return "two.set";
}

export function blockPool() {
	run("pmempool", ["create", "blk", "512", "-s", "32M", "disk.blk"]);
	run(join(PEERS, "blk_use"), ["close", "disk.blk"]);
	return "disk.blk";
}

/* Its first info block is damaged; the backup holds. */
export function tornPool() {
	run("pmempool", ["create", "blk", "512", "-s", "32M", "torn.blk"]);
	run(join(PEERS, "blk_use"), ["close", "torn.blk"]);
	const bytes = readFileSync(scratch("torn.blk"));
	bytes[8300] ^= 1;
	writeFileSync(scratch("torn.blk"), bytes);
	return "torn.blk";
}

let pages = 0;

export function analyze(source, ...options) {
	const out = scratch("page-" + pages++ + ".html");

	spawnSync(PMEMSCOPE, ["analyze", "--html", out, ...options, "--", source], { cwd: SCRATCH, stdio: "inherit" });
	return out;
}

export function render(doc) {
	const out = scratch("page-" + pages++ + ".html");

	writeFileSync(out + ".json", JSON.stringify(doc));
	writeFileSync(out, run(PAGE, [out + ".json"]));
	return out;
}

/* Between a pool and the same with a byte of its header changed. */
export function diffOf(source) {
	const out = scratch("diff.html"), bytes = readFileSync(scratch(source));

	bytes[100] ^= 1;
	writeFileSync(scratch("damaged " + source), bytes);
	spawnSync(PMEMSCOPE, ["diff", "--quiet", "--html", out, "--", source, "damaged " + source], { cwd: SCRATCH, stdio: "inherit" });
	return out;
}

export function indexOf(...sources) {
	mkdirSync(scratch("kept"));
	sources.forEach((s, i) => copyFileSync(analyze(s), scratch("kept/" + i + ".html")));
	run(PMEMSCOPE, ["report", "--index", "kept", "--html", "index.html"]);
	return scratch("index.html");
}

export function fleetOf(...sources) {
	mkdirSync(scratch("fleet"));
	run(PMEMSCOPE, ["batch", "manifest", "make", ...sources, "-o", "fleet.jsonl"]);
	spawnSync(PMEMSCOPE, ["batch", "fleet.jsonl", "-o", "results", "-j1", "--quiet"], { cwd: SCRATCH, stdio: "inherit" });
	spawnSync(PMEMSCOPE, ["batch", "merge", "results", "-o", "fleet"], { cwd: SCRATCH, stdio: "inherit" });
	return scratch("fleet/fleet.html");
}
