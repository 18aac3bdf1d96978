// A report that says something in every section, all of it in the words given.
const hex = (n) => "0x" + n.toString(16);

function finding(i, severity, words) {
	return { id: "some.check.fault" + (i % 3), severity, verdict: "corrupt", message: words + " " + i, path: "a[0].b.word", node: "a[0].b",
		 field: "word", fingerprint: i.toString(16).padStart(16, "0"), evidence: [{ source: 0, offset: 4096 + i, length: 8 }],
		 expected: words, actual: { hex: "00ff" }, repair: ["safe", "ask", "advanced", "none"][i % 4] };
}

function node(name, path, more) {
	return { name, path, state: "group", ...more };
}

const LAYOUT = { source: "a source", size: 64, fields: [
	{ name: "magic", offset: 0, width: 8, rep: "raw", kind: "text", doc: "a name" },
	{ name: "word", offset: 8, width: 4, rep: "le", kind: "flags", doc: "flags", names: [{ value: "0x1", name: "ONE" }, { value: "0x4", name: "FOUR" }] },
	{ name: "zero", offset: 12, width: 4, rep: "raw", kind: "pad" },
	{ name: "id", offset: 16, width: 16, rep: "raw", kind: "uuid", doc: "an id" },
	{ name: "rest", offset: 32, width: 24, rep: "raw", kind: "bytes", doc: "anything" },
	{ name: "sum", offset: 56, width: 8, rep: "be", kind: "sum", doc: "a sum" },
] };

function structure(path, word) {
	return { name: "b", path, state: "read", layout: "thing", offset: 4096, length: 64, note: null,
		 place: [{ source: 0, offset: 4096, length: 64 }],
		 fields: { magic: "MAGIC", word, id: "00112233-4455-6677-8899-aabbccddeeff", rest: { hex: "ab".repeat(24) }, sum: "0x102030405060708" } };
}

export const BYTES = "4d41474943000000" + "0500000000000000" + "33221100554477668899aabbccddeeff" + "ab".repeat(24) + "0102030405060708";

export function fixture(words, findings = 12) {
	const severities = ["error", "warning", "note"];
	const list = Array.from({ length: findings }, (_, i) => finding(i, severities[i % 3], words));
	const total = (s) => list.filter((f) => f.severity === s).length;
	const check = { severity: "error", says: words, means: words, remedy: words, source: words };
	const parts = [0, 1].map((i) => ({ path: "a[" + i + "]", source: 0, found: words }));

	return {
		schema_version: "1.0", tool: { name: "pmemscope", version: "0" },
		run: { reproducible: false, deep: false, status: "ok", source: words, host: words, problem: words },
		summary: { verdict: "damaged", sentence: words, next_step: words, ending: { state: "open", sentence: words + "!" }, exit_status: 4,
			   counts: { error: total("error"), warning: total("warning"), note: total("note"), listed: findings, not_checked: 2 },
			   by_check: [0, 1, 2].map((i) => ({ id: "some.check.fault" + i, total: findings * 10, listed: findings / 3 })) },
		sources: [{ index: 0, name: words, path: words, role: words, found: words, note: words,
			    layers: [{ kind: "file", size: 8192 }, { kind: "tar", name: words, size: 8192 }],
			    stored: { size: 8192, sha256: "ab".repeat(32) }, decoded: { size: 8192, holes: 0 },
			    unread: { bytes: 4096, total: 2, ranges: [{ offset: 4096, length: 4096 }] } }],
		pool: { format: words, formats: [words], path: "", size: 1 << 26, uuid: words,
			replicas: [{ path: "a[0]", remote: false, parts: [parts[0]] }, { path: "a[1]", remote: false, parts: [parts[1]] }] },
		findings: list,
		activities: { summary: words, actors: 8, idle: 6, counts: { forward: 1, back: 1, torn: 0, unsure: 0, past: 0 }, list: ["back", "forward"].map((state) => ({
			state, actor: words, stage: words, says: words, outcome: words, path: "a[0].b", changes_total: 3, changes: [
				{ what: words, offset: 4096, length: 20, evidence: [{ source: 0, offset: 4096, length: 20 }], user_data: true,
				  before: { hex: "00".repeat(20) }, after: { hex: "00".repeat(18) + "ffff" } },
				{ what: words, length: 8, evidence: [], user_data: true, before: { redacted: "user-data", length: 8 } }] })) },
		recovery: { by: words, needed: true, steps: [{ says: words, path: "a[0].b" }], steps_total: 5, simulated: true, changed_bytes: 40,
			    findings: [list[0]], counts: { error: 1, warning: 0, note: 0 }, not_simulated: words },
		plan: { counts: { safe: 1, ask: 1, advanced: 1, none: 1 }, steps: [] },
		not_checked: [{ id: "some.check.fault0", path: "a[0].b", why: words }, { id: "some.check.fault1", why: words }],
		checks: { "some.check.fault0": check, "some.check.fault1": check, "some.check.fault2": check },
		layouts: { thing: LAYOUT },
		model: node("", "", { children: [0, 1].map((i) => node("a", "a[" + i + "]", { index: i, facts: [{ name: "how", kind: "text", value: words }],
			children: [{ ...structure("a[" + i + "].b", hex(5 + 2 * i)), note: words }] })) }),
		map: {
			classes: ["meta", "data", "mixed", "free", "unused", "lost", "odd"].map((tone) => ({ name: "class " + tone, says: words, tone })), left: 0,
			bands: [
				{ group: "Files", title: "file 0", says: words, shape: "line", at: 0, length: 8192, tiles: [
					{ at: 0, length: 4096, class: 0, label: words, inside: 1 },
					{ at: 4096, length: 4096, class: 1, label: "b", path: "a[0].b", findings: 3, worst: list.length ? list[0].fingerprint : undefined, changes: 1 }] },
				{ group: "Units", title: "units", shape: "grid", unit: "unit", unit_length: 64, at: 0, length: 4096,
				  tiles: Array.from({ length: 28 }, (_, i) => ({ at: i * 128, length: 128, class: i % 7, used: 64, findings: i === 5 ? 1 : undefined, changes: i === 9 ? 2 : undefined })) },
				{ group: "Slices", title: "slices", shape: "grid", unit: "word", unit_length: 4, at: 0, length: 8192, slice: 64, left: 3,
				  tiles: Array.from({ length: 128 }, (_, i) => ({ at: i * 64, length: 64, class: i % 2, held: [30, 34, 0, 0, 0, 0, 0] })) },
			],
		},
		redaction: { level: "none", user_bytes: false },
	};
}
