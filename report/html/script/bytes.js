"use strict";
/* A structure's fields and its bytes, each pointing at the other. */

const ROW = 16;
const VALUE_MAX = 44, VALUE_SHOWN = 35; /* characters of a value beside its meaning; all of it stands among the bytes */

/* For each byte the index of its field. */
function owners(layout) {
	const own = new Array(number(layout.size)).fill(-1);

	layout.fields.forEach((f, i) => own.fill(i, f.offset, f.offset + f.width));
	return own;
}

function markField(view, idx) {
	for (const lit of view.querySelectorAll(".lit"))
		lit.classList.remove("lit");
	if (idx === null)
		return;
	for (const part of view.querySelectorAll('[data-field="' + idx + '"]'))
		part.classList.add("lit");
}

/* Rows of bytes; runs of rows that are all zero and of one field are folded. */
function hexRows(layout, bytes, at) {
	const own = owners(layout);
	const lines = [];
	let folded = 0;

	for (let row = 0; row < bytes.length; row += ROW) {
		const end = Math.min(row + ROW, bytes.length);
		const dull = row > 0 && end < bytes.length && own[row] === own[end - 1] && own[row] === own[row - 1] &&
			bytes.slice(row, end).every((b) => b === 0);

		if (dull) {
			folded += end - row;
			continue;
		}
		if (folded)
			lines.push(el("span", { class: "line soft" }, "          … " + folded + " bytes of zero\n"));
		folded = 0;
		const cells = [], chars = [];
		for (let i = row; i < end; ) {
			let stop = i;
			while (stop < end && own[stop] === own[i])
				stop++;
			const text = bytes.slice(i, stop).map((b, k) => (b === null ? "··" : b.toString(16).padStart(2, "0")) +
				(i + k + 1 < end ? (i + k) % 8 === 7 ? "  " : " " : "")).join("");
			const shown = bytes.slice(i, stop).map((b) => b === null ? "·" : b > 0x20 && b < 0x7f ? String.fromCharCode(b) : ".").join("");
			cells.push(el("span", { "data-field": own[i], class: own[i] % 2 ? "odd" : null }, text));
			chars.push(el("span", { "data-field": own[i] }, shown));
			i = stop;
		}
		const missing = ROW - (end - row);
		lines.push(el("span", { class: "line" },
			el("span", { class: "soft" }, (at + row).toString(16).padStart(8, "0") + "  "),
			cells, " ".repeat(missing * 3 + (missing >= 8 ? 1 : 0) + 2), chars, "\n"));
	}
	return lines;
}

function valueInTable(field, value) {
	const text = valueText(field, value);

	return text.length > VALUE_MAX ? [text.slice(0, VALUE_SHOWN), el("span", { class: "soft" }, " …")] : text;
}

function bytesView(layout, fields, at, chosen, findings) {
	const bytes = structureBytes(layout, fields);
	const wrong = new Map();
	const view = el("div", { class: "bytes-view" });

	for (const f of findings || []) {
		const name = splitRest(findNode(f.path).rest).field;
		if (name && !wrong.has(name))
			wrong.set(name, f);
	}
	const rows = layout.fields.map((f, i) => {
		const value = fields[f.name];

		if (f.kind === "pad" && value === undefined)
			return null;
		const bad = wrong.get(f.name);
		return el("tr", { "data-field": i, class: bad ? "wrong" : null },
			el("th", { scope: "row" }, el("button", { type: "button", class: "field", "data-field-of": i,
				onclick: () => pick(i), onfocus: () => markField(view, i) }, f.name)),
			el("td", { class: "soft num" }, "+" + f.offset),
			el("td", { class: "mono value" }, valueInTable(f, value),
				named(f, value) ? el("span", { class: "named" }, named(f, value)) : "",
				bad ? el("a", { class: "severity " + bad.severity, href: "#finding-" + bad.fingerprint }, bad.severity) : ""),
			el("td", { class: "doc" }, f.doc || ""));
	});
	const dump = el("pre", { class: "hex" }, hexRows(layout, bytes, at));

	function pick(i) {
		markField(view, i);
		const span = dump.querySelector('[data-field="' + i + '"]');
		if (span)
			dump.parentElement.scrollTop = Math.max(0, span.offsetTop - dump.parentElement.clientHeight / 2);
	}
	dump.addEventListener("click", (event) => {
		const i = event.target.dataset.field;
		if (i === undefined)
			return;
		markField(view, i);
		const button = view.querySelector('[data-field-of="' + i + '"]');
		if (button)
			button.focus({ preventScroll: false });
	});
	dump.addEventListener("mouseover", (event) => {
		if (event.target.dataset.field !== undefined)
			markField(view, event.target.dataset.field);
	});
	view.append(
		scroll("Fields", el("table", { class: "fields" },
			el("thead", {}, el("tr", {}, ["field", "at", "value", "meaning"].map((h) => el("th", { scope: "col" }, h)))),
			el("tbody", {}, rows))),
		scroll("Bytes", dump));
	if (bytes.includes(null))
		view.append(el("p", { class: "hint" }, "·· stands for bytes that are not told."));
	const i = layout.fields.findIndex((f) => f.name === chosen);
	if (i >= 0)
		setTimeout(() => pick(i), 0);
	return view;
}
