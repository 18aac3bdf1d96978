"use strict";
/* The report as it is carried in the page, and what follows from it. */

const report = JSON.parse(byId("report-data").textContent);
const tables = {};        /* path of an array -> its first rows */
for (const table of JSON.parse(byId("table-data").textContent))
	tables[table.path] = table.rows;
const nodes = new Map();  /* path -> { node, parent, depth } */

function indexNodes(node, parent, depth) {
	nodes.set(node.path, { node, parent, depth, findings: [], below: 0 });
	for (const child of node.children || [])
		indexNodes(child, node, depth + 1);
}
indexNodes(report.model, null, 0);

/* The node that a path names, and what of the path goes on below it: a field, or an element. */
function findNode(path) {
	for (let end = path.length; end > 0;) {
		const entry = nodes.get(path.slice(0, end));

		if (entry)
			return { entry, rest: path.slice(end).replace(/^\./, "") };
		end = Math.max(path.lastIndexOf(".", end - 1), path.lastIndexOf("[", end - 1));
	}
	return { entry: nodes.get(""), rest: path };
}

/* "[12].type" -> 12, "type" */
function splitRest(rest) {
	const m = /^\[(\d+)\]\.?(.*)$/.exec(rest);

	return m ? { element: Number(m[1]), field: m[2] } : { element: null, field: rest.replace(/\[.*/, "") };
}

for (const finding of report.findings) {
	const entry = nodes.get(finding.node) || findNode(finding.path).entry;

	entry.findings.push(finding);
	for (let up = entry; up; up = up.parent ? nodes.get(up.parent.path) : null)
		up.below++;
}

function layoutOf(node) {
	return node.layout ? report.layouts[node.layout] : null;
}

function sourceName(index) {
	const source = report.sources[index];

	return index === null || !source ? "in no file" : source.name ? told(source.name) : "source " + index;
}

function place(evidence) {
	const e = (evidence || [])[0];

	if (!e)
		return "";
	return sourceName(e.source) + (e.source === null ? "" : ", byte " + hex(number(e.offset))) +
		(evidence.length > 1 ? ", and " + (evidence.length - 1) + " more" : "");
}

/* ---- bytes of a structure, put together again from its fields ---- */

function hexBytes(text) {
	return (text.match(/../g) || []).map((b) => parseInt(b, 16));
}

function uuidBytes(text, swapped) {
	const bytes = hexBytes(text.replace(/-/g, ""));

	if (bytes.length !== 16 || bytes.some(Number.isNaN))
		return null; /* a token stands for it */
	if (!swapped)
		return bytes;
	const [a, b, c, d, e, f, g, h, ...rest] = bytes;
	return [d, c, b, a, f, e, h, g, ...rest];
}

function numberBytes(value, width, big) {
	const bytes = [];
	let v;

	try {
		v = BigInt(value);
	} catch {
		return null;
	}
	for (let i = 0; i < width; i++, v >>= 8n)
		bytes.push(Number(v & 255n));
	return big ? bytes.reverse() : bytes;
}

/* Bytes of one field; null where they are not told. */
function fieldBytes(field, value) {
	const unknown = new Array(field.width).fill(null);
	let bytes = null;

	if (value === undefined)
		return field.kind === "pad" ? new Array(field.width).fill(0) : unknown;
	if (value !== null && typeof value === "object")
		bytes = value.hex === undefined ? null : hexBytes(value.hex);
	else if (field.rep !== "raw")
		bytes = numberBytes(value, field.width, field.rep === "be");
	else if (field.kind === "uuid" || field.kind === "uuid-be")
		bytes = uuidBytes(value, field.kind === "uuid");
	else if (field.kind === "text")
		bytes = [...new TextEncoder().encode(value)];
	if (bytes === null || bytes.length > field.width)
		return unknown;
	return bytes.concat(new Array(field.width - bytes.length).fill(0));
}

function structureBytes(layout, fields) {
	const all = new Array(number(layout.size)).fill(null);

	for (const field of layout.fields)
		fieldBytes(field, fields[field.name]).forEach((b, i) => { all[field.offset + i] = b; });
	return all;
}

/* What a value's names say: of flags the bits, else the whole value. */
function named(field, value) {
	if (!field.names || value === undefined || typeof value === "object")
		return "";
	let v;
	try {
		v = BigInt(value);
	} catch {
		return "";
	}
	if (field.kind !== "flags") {
		const hit = field.names.find((n) => BigInt(n.value) === v);
		return hit ? hit.name : "";
	}
	return field.names.filter((n) => (BigInt(n.value) & v) !== 0n).map((n) => n.name).join(", ");
}

/* A value for people: sizes and times beside the number. */
function valueText(field, value) {
	if (value === undefined)
		return field.kind === "pad" ? "zero" : "";
	if (typeof value === "object")
		return told(value);
	const n = number(value);
	if (field.kind === "size" && n >= 1024)
		return value + " (" + size(n) + ")";
	if (field.kind === "time" && n > 0 && n < 1e11)
		return value + " (" + new Date(n * 1000).toISOString().replace(".000Z", "Z") + ")";
	if (field.kind === "uint" && typeof value === "string" && n <= Number.MAX_SAFE_INTEGER)
		return String(n);
	if (field.kind === "offset")
		return hex(n);
	return String(value);
}
