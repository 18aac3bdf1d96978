"use strict";
/* The tree of structures, and beside it the one that is chosen. */

const PAGE = 200; /* children or elements drawn at once */
let firstPath = ""; /* shown when nothing was chosen */

function labelOf(node) {
	return node.index === undefined ? node.name : node.name + "[" + node.index + "]";
}

function treeItem(node) {
	const entry = nodes.get(node.path);
	const children = node.children || [];
	const item = el("li", { role: "treeitem", tabindex: -1, "data-path": node.path,
				"aria-expanded": children.length ? "false" : null, "aria-selected": "false",
				"aria-label": labelOf(node) + (entry.below ? ", " + count(entry.below, "finding", "findings") : "") },
		el("span", { class: "label state-" + node.state },
			labelOf(node),
			node.count ? el("span", { class: "soft" }, " × " + number(node.count)) : "",
			entry.below ? el("span", { class: "badge", title: count(entry.below, "finding", "findings") }, entry.below) : ""));

	return item;
}

function addChildren(group, node, from) {
	const children = node.children;
	const more = el("li", { role: "none", class: "more" },
		el("button", { type: "button", tabindex: -1, onclick: () => { more.remove(); addChildren(group, node, from + PAGE); } },
			"show " + Math.min(PAGE, children.length - from - PAGE) + " more of " + children.length));

	for (const child of children.slice(from, from + PAGE))
		group.append(treeItem(child));
	if (children.length > from + PAGE)
		group.append(more);
	else if (node.left_out)
		group.append(el("li", { role: "none", class: "more soft" }, "and " + node.left_out + " more, not in this page"));
}

function expand(item, open) {
	const node = nodes.get(item.dataset.path).node;

	if (!(node.children || []).length)
		return;
	item.setAttribute("aria-expanded", String(open));
	let group = item.querySelector(":scope > ul");
	if (!group && open) {
		group = el("ul", { role: "group" });
		item.append(group);
		addChildren(group, node, 0);
	}
	if (group)
		group.hidden = !open;
}

/* The item of a path, its ancestors opened. */
function reveal(path) {
	const { node, parent } = nodes.get(path);
	let item = byId("tree").querySelector('[data-path="' + CSS.escape(path) + '"]');

	if (!item && parent) {
		const up = reveal(parent.path);

		for (expand(up, true); !item; item = up.querySelector('[data-path="' + CSS.escape(path) + '"]')) {
			const more = up.querySelector(":scope > ul > .more > button");
			if (!more)
				break;
			more.click();
		}
	}
	for (let up = parent; up; up = nodes.get(up.path).parent)
		expand(byId("tree").querySelector('[data-path="' + CSS.escape(up.path) + '"]'), true);
	return item || byId("tree").querySelector('[data-path="' + CSS.escape(node.path) + '"]');
}

function choose(item, focus) {
	for (const other of byId("tree").querySelectorAll('[aria-selected="true"]')) {
		other.setAttribute("aria-selected", "false");
		other.tabIndex = -1;
	}
	item.setAttribute("aria-selected", "true");
	item.tabIndex = 0;
	if (focus)
		item.focus();
}

function visibleItems() {
	return [...byId("tree").querySelectorAll('[role="treeitem"]')].filter((i) => !i.closest("ul[hidden]"));
}

function treeKey(event) {
	const item = event.target.closest('[role="treeitem"]');
	if (!item || event.target.tagName === "BUTTON" || event.ctrlKey || event.altKey || event.metaKey)
		return;
	const items = visibleItems(), i = items.indexOf(item);
	const open = item.getAttribute("aria-expanded") === "true";
	let to = null;

	switch (event.key) {
	case "ArrowDown": to = items[i + 1]; break;
	case "ArrowUp": to = items[i - 1]; break;
	case "Home": to = items[0]; break;
	case "End": to = items[items.length - 1]; break;
	case "ArrowRight":
		if (open)
			to = item.querySelector('[role="treeitem"]');
		else
			expand(item, true);
		break;
	case "ArrowLeft":
		if (open)
			expand(item, false);
		else
			to = item.parentElement.closest('[role="treeitem"]');
		break;
	case "Enter": case " ":
		goTo(item.dataset.path);
		break;
	default:
		return;
	}
	event.preventDefault();
	if (to) {
		for (const other of items)
			other.tabIndex = -1;
		to.tabIndex = 0;
		to.focus();
	}
}

function treeClick(event) {
	const item = event.target.closest('[role="treeitem"]');

	if (!item || event.target.tagName === "BUTTON")
		return;
	expand(item, item.getAttribute("aria-selected") !== "true" || item.getAttribute("aria-expanded") !== "true");
	goTo(item.dataset.path);
}

/* By the address, so that the way back works; without a jump of the page. */
function goTo(path) {
	if (location.hash === atHash(path))
		showPath(path, false);
	else
		history.pushState(null, "", atHash(path));
	showPath(path, false);
}

function factRows(node) {
	return (node.facts || []).map((f) => [f.name, valueText(f, f.value)]);
}

const STATES = {
	lost: "Bytes of it could not be read.",
	outside: "It would lie outside of what there is.",
	absent: "It ought to be there and was not found.",
};

function header(node) {
	const layout = layoutOf(node);
	const rows = [["Path", node.path || "(all)"]];

	if (STATES[node.state])
		rows.push(["State", STATES[node.state]]);
	if (node.note)
		rows.push(["Note", told(node.note)]);
	if (node.offset !== undefined && number(node.length))
		rows.push(["Place", hex(number(node.offset)) + ", " + size(number(node.length))]);
	if ((node.place || []).length)
		rows.push(["In the file", place(node.place)]);
	if (layout)
		rows.push(["Structure", node.layout + (layout.source ? " — " + layout.source : "")]);
	return el("dl", { class: "facts" }, rows.concat(factRows(node))
		.map(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

/* Rows of a table of structures: what the page carries of them. */
function elementTable(node, layout, chosen) {
	const rows = tables[node.path] || [];
	const total = number(node.count);
	const fields = layout.fields.filter((f) => f.kind !== "pad");
	const body = el("tbody");
	let from = chosen === null ? 0 : Math.floor(chosen / PAGE) * PAGE;

	function draw() {
		body.replaceChildren(...rows.slice(from, from + PAGE).map((fields_of, i) => el("tr",
			{ class: from + i === chosen ? "chosen" : null },
			el("th", { scope: "row" }, el("a", { href: atHash(node.path + "[" + (from + i) + "]") }, from + i)),
			fields.map((f) => el("td", {}, valueText(f, fields_of[f.name]), " ",
				el("span", { class: "soft" }, named(f, fields_of[f.name])))))));
	}
	draw();
	const parts = [scroll("Elements", el("table", { class: "elements" },
		el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "#"),
			fields.map((f) => el("th", { scope: "col", title: f.doc }, f.name)))), body))];

	if (rows.length > PAGE)
		parts.push(el("p", { class: "pager" },
			el("button", { type: "button", onclick: () => { from = Math.max(0, from - PAGE); draw(); } }, "earlier"),
			el("button", { type: "button", onclick: () => { from = Math.min(Math.floor((rows.length - 1) / PAGE) * PAGE, from + PAGE); draw(); } }, "later")));
	if (rows.length < total)
		parts.push(el("p", { class: "cut" }, rows.length ? "The first " + rows.length + " of " + total + " are in this page. "
			: "The " + total + " elements are not in this page. ",
			el("code", {}, "pmemscope show SOURCE '" + node.path + "[" + (chosen === null ? rows.length : chosen) + "]'"), " tells any of them."));
	return rows.length ? parts : parts.slice(1);
}

function showPath(path, jump) {
	const { entry, rest } = findNode(path);
	const { node } = entry;
	const { element, field } = splitRest(rest);
	const layout = layoutOf(node);
	const detail = byId("detail");
	const parts = [el("h3", {}, element === null ? labelOf(node) || "all" : labelOf(node) + "[" + element + "]"), header(node)];

	choose(reveal(node.path), false);
	if (entry.findings.length)
		parts.push(findingList(entry.findings));
	if (layout && node.count) {
		const fields = (tables[node.path] || [])[element === null ? 0 : element];

		parts.push(elementTable(node, layout, element));
		if (fields)
			parts.push(el("h4", {}, "Element " + (element || 0)), bytesView(layout, fields,
				number(node.offset) + (element || 0) * number(node.stride), field, entry.findings));
	} else if (layout && node.fields) {
		parts.push(bytesView(layout, node.fields, number(node.offset), field, entry.findings));
	}
	detail.replaceChildren(...parts.flat());
	if (jump)
		byId("structures").scrollIntoView();
	const chosen = detail.querySelector("tr.chosen");
	if (chosen)
		chosen.scrollIntoView({ block: "nearest" });
}

function startStructures() {
	const tree = el("ul", { role: "tree", id: "tree", "aria-label": "Structures", onkeydown: treeKey, onclick: treeClick });
	const root = treeItem(report.model);

	root.querySelector(".label").prepend(report.model.name ? "" : "all");
	root.setAttribute("aria-label", "all");
	tree.append(root);
	byId("structures").append(el("div", { class: "panes" },
		el("div", { class: "pane tree-pane" }, tree),
		el("div", { class: "pane", id: "detail", role: "region", "aria-label": "Chosen structure" })));
	expand(root, true);
	root.tabIndex = 0;
	const worst = report.findings.find((f) => findNode(f.path).entry.node.fields);
	firstPath = worst ? worst.path : [...nodes.keys()].find((p) => nodes.get(p).node.fields) || "";
	showPath(firstPath, false);
}
