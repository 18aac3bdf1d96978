"use strict";
/* Building the page: elements and text, never markup. What comes from evidence ends up in text nodes. */

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
	for (const [key, value] of Object.entries(props || {})) {
		if (value === undefined || value === null || value === false)
			continue;
		if (key.startsWith("on"))
			node.addEventListener(key.slice(2), value);
		else
			node.setAttribute(key, value === true ? "" : String(value));
	}
	for (const child of children.flat(Infinity))
		if (child !== undefined && child !== null && child !== "")
			node.append(child);
	return node;
}

function el(tag, props, ...children) {
	return fill(document.createElement(tag), props, children);
}

function svg(tag, props, ...children) {
	return fill(document.createElementNS(SVG, tag), props, children);
}

function byId(id) {
	return document.getElementById(id);
}

/* A number as the report tells it: an integer, or a hex string where it is large. */
function number(v) {
	return typeof v === "number" ? v : typeof v === "string" && v.startsWith("0x") ? Number(BigInt(v)) : 0;
}

function hex(n) {
	return "0x" + n.toString(16);
}

function size(n) {
	const units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
	let u = 0, d = n;

	for (; d >= 1024 && u < units.length - 1; u++)
		d /= 1024;
	if (Number.isInteger(d))
		return d + " " + (n === 1 ? "byte" : units[u]);
	return (d < 10 ? d.toFixed(2) : d < 100 ? d.toFixed(1) : d.toFixed(0)) + " " + units[u];
}

function count(n, one, many) {
	return n + " " + (n === 1 ? one : many);
}

/* Text, a number, bytes, or what was redacted. */
function told(v) {
	if (v === undefined || v === null)
		return "";
	if (typeof v !== "object")
		return String(v);
	if (v.redacted)
		return "(" + v.redacted + " left out)";
	const bytes = (v.hex || "").match(/../g) || [];
	return bytes.slice(0, 32).join(" ") + (bytes.length > 32 ? " … (" + bytes.length + " bytes)" : "");
}

/* A region that may scroll sideways, reachable by keyboard. */
function scroll(label, child) {
	return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label }, child);
}

function atHash(path) {
	return "#at/" + encodeURIComponent(path);
}
