"use strict";
/* What lies where: bands of tiles, drawn; each can be walked by keyboard, looked at closer, and read as a table. */

const CELL = 12, CELL_SHOWN = 15, LINE_HEIGHT = 46, GRIDS_AT_ONCE = 4;
const mapState = { stack: [] }; /* bands looked into, from the outside in */

function bandOf(index) {
	return report.map.bands[index];
}

function tileClass(tile) {
	return report.map.classes[tile.class] || { name: "", tone: "odd" };
}

function tileUnits(band, tile) {
	const unit = number(band.unit_length);

	return unit ? { first: Math.floor((number(tile.at) - number(band.at)) / unit),
			count: Math.max(1, Math.ceil(number(tile.length) / unit)) } : null;
}

function tileName(band, tile) {
	if (tile.label)
		return told(tile.label);
	const units = band.unit ? tileUnits(band, tile) : null;
	if (!units)
		return tileClass(tile).name;
	return units.count === 1 ? band.unit + " " + units.first
		: band.unit + "s " + units.first + " to " + (units.first + units.count - 1);
}

function tileFill(tile) {
	return tile.used === undefined || !number(tile.length) ? null : number(tile.used) / number(tile.length);
}

function tileSays(band, tile) {
	const fill = tileFill(tile);

	return tileName(band, tile) + ": " + tileClass(tile).name + ", " + size(number(tile.length)) +
		(fill === null ? "" : ", " + Math.round(fill * 100) + " % in use") +
		(tile.findings ? ", " + count(number(tile.findings), "finding", "findings") : "") +
		(tile.changes ? ", " + count(number(tile.changes), "pending change", "pending changes") : "") +
		(tile.inside !== undefined ? ", can be opened" : "");
}

function pattern(tone, extra) {
	return tone === "lost" || tone === "odd" || tone === "unused"
		? svg("rect", { ...extra, fill: "url(#pattern-" + tone + ")", "pointer-events": "none" }) : null;
}

function option(band, i, ...shapes) {
	const tile = band.tiles[i];

	return svg("g", { role: "option", id: "tile-" + band.drawn + "-" + i, "data-tile": i, "aria-selected": "false",
			  "aria-label": tileSays(band, tile), class: "tile" },
		svg("title", {}, tileSays(band, tile)), shapes);
}

function drawLine(band, scale) {
	const base = number(band.at);
	const tiles = band.tiles.map((tile, i) => {
		const x = 100 * (number(tile.at) - base) / scale;
		const width = Math.max(100 * number(tile.length) / scale, 0.35);
		const box = { x: x + "%", y: 12, width: width + "%", height: LINE_HEIGHT - 14 };
		const tone = tileClass(tile).tone;

		return option(band, i, svg("rect", { ...box, class: "tone-" + tone }), pattern(tone, box),
			width > 5 ? svg("svg", { x: x + "%", y: 12, width: width + "%", height: LINE_HEIGHT - 14 },
				svg("text", { x: 6, y: 20, class: "on-" + tone }, tileName(band, tile))) : null,
			tile.findings ? svg("text", { x: x + width / 2 + "%", y: 10, class: "marker", "text-anchor": "middle" }, "▼") : null,
			tile.changes ? svg("text", { x: x + width / 2 + "%", y: 10, dx: tile.findings ? 12 : 0, class: "marker change",
						     "text-anchor": "middle" }, "◆") : null);
	});
	return svg("svg", { class: "line", width: "100%", height: LINE_HEIGHT },
		svg("rect", { x: 0, y: 12, width: 100 * number(band.length) / scale + "%", height: LINE_HEIGHT - 14, class: "space" }), tiles);
}

/* The cells of tile i of a grid: [first, after). */
function cells(band, i) {
	if (number(band.slice))
		return [i, i + 1];
	const units = tileUnits(band, band.tiles[i]);
	return [units.first, units.first + units.count];
}

function drawGrid(band, width) {
	const nr = number(band.slice) ? band.tiles.length : Math.ceil(number(band.length) / number(band.unit_length));
	const columns = Math.max(8, Math.min(nr, Math.floor(width / CELL_SHOWN), 96));
	const rows = Math.ceil(nr / columns);
	const tiles = band.tiles.map((tile, i) => {
		const [first, after] = cells(band, i);
		const tone = tileClass(tile).tone, fill = tone === "mixed" ? tileFill(tile) : null;
		const shapes = [];

		for (let c = first; c < after; ) {
			const row = Math.floor(c / columns), end = Math.min(after, (row + 1) * columns);
			const box = { x: (c % columns) * CELL + 0.5, y: row * CELL + 0.5, width: (end - c) * CELL - 1, height: CELL - 1 };
			shapes.push(svg("rect", { ...box, class: "tone-" + tone }), pattern(tone, box));
			if (fill)
				shapes.push(svg("rect", { ...box, y: box.y + (1 - fill) * box.height, height: fill * box.height, class: "level" }));
			c = end;
		}
		const mark = { x: (first % columns) * CELL + CELL / 2, y: Math.floor(first / columns) * CELL + CELL - 2.5 };
		if (tile.findings)
			shapes.push(svg("rect", { x: mark.x - CELL / 2 + 0.5, y: mark.y - CELL + 3, width: CELL - 1, height: CELL - 1, class: "marked" }),
				svg("text", { ...mark, class: "marker", "text-anchor": "middle" }, "▼"));
		else if (tile.changes)
			shapes.push(svg("text", { ...mark, class: "marker change", "text-anchor": "middle" }, "◆"));
		return option(band, i, shapes);
	});
	band.columns = columns;
	return svg("svg", { class: "grid", viewBox: "0 0 " + columns * CELL + " " + rows * CELL, width: columns * CELL_SHOWN,
			    preserveAspectRatio: "xMinYMin meet" }, tiles);
}

function tileTable(band) {
	const body = el("tbody");
	const table = el("details", { class: "as-table", ontoggle: () => {
		if (!table.open || body.rows.length)
			return;
		body.append(...band.tiles.map((tile, i) => el("tr", {},
			el("th", { scope: "row" }, el("button", { type: "button", class: "field", onclick: () => pickTile(band, i) }, tileName(band, tile))),
			el("td", {}, tileClass(tile).name), el("td", { class: "mono" }, hex(number(tile.at))),
			el("td", { class: "num" }, size(number(tile.length))),
			el("td", { class: "num" }, tileFill(tile) === null ? "" : Math.round(tileFill(tile) * 100) + " %"),
			el("td", { class: "num" }, number(tile.findings) || ""))));
	} }, el("summary", {}, "As a table"), scroll("Tiles of " + band.title, el("table", { class: "elements" },
		el("thead", {}, el("tr", {}, ["what", "class", "at", "length", "in use", "findings"].map((h) => el("th", { scope: "col" }, h)))), body)));

	return table;
}

/* Of a slice: what it holds, by class. */
function shares(tile) {
	if (!tile.held)
		return null;
	const all = tile.held.reduce((sum, n) => sum + number(n), 0);
	return el("ul", { class: "tally" }, tile.held.map((n, i) => number(n)
		? el("li", {}, el("b", {}, Math.max(1, Math.round(100 * number(n) / all)) + " %"), " " + report.map.classes[i].name) : null));
}

function pickTile(band, i) {
	const tile = band.tiles[i];
	const drawn = byId("band-" + band.drawn);
	const actions = [];

	for (const other of byId("map").querySelectorAll('[role="option"][aria-selected="true"]'))
		other.setAttribute("aria-selected", "false");
	band.picked = i;
	drawn.setAttribute("aria-activedescendant", "tile-" + band.drawn + "-" + i);
	byId("tile-" + band.drawn + "-" + i).setAttribute("aria-selected", "true");
	if (tile.inside !== undefined && bandOf(tile.inside))
		actions.push(el("button", { type: "button", onclick: () => lookInto(tile.inside) }, "Look closer: " + bandOf(tile.inside).title));
	const units = band.unit ? tileUnits(band, tile) : null;
	const path = tile.path || (band.path && units && nodes.get(band.path).node.count ? band.path + "[" + units.first + "]" : "");
	if (path)
		actions.push(el("a", { href: atHash(path) }, "Show its bytes"));
	const worst = tile.worst && report.findings.find((f) => f.fingerprint === tile.worst);
	byId("tile-detail").replaceChildren(
		el("h3", {}, tileName(band, tile)),
		el("p", {}, el("b", {}, tileClass(tile).name), ". ", tileClass(tile).says || "", " ",
			el("span", { class: "where" }, "at ", el("span", { class: "mono" }, hex(number(tile.at))), ", " + size(number(tile.length)),
				tileFill(tile) === null ? "" : ", " + Math.round(tileFill(tile) * 100) + " % in use",
				tile.changes ? ", " + count(number(tile.changes), "change was under way here", "changes were under way here") : "")),
		shares(tile) || "",
		worst ? findingList([worst]) : "",
		number(tile.findings) > 1 ? el("p", { class: "soft" }, count(number(tile.findings), "finding", "findings") + " lie here.") : "",
		el("p", { class: "actions" }, actions));
}

function bandKey(band, event) {
	const last = band.tiles.length - 1, at = band.picked === undefined ? -1 : band.picked;
	const step = band.shape === "grid" ? band.columns : 1;
	let to = null;

	switch (event.key) {
	case "ArrowRight": to = Math.min(last, at + 1); break;
	case "ArrowLeft": to = Math.max(0, at - 1); break;
	case "Home": to = 0; break;
	case "End": to = last; break;
	case "ArrowDown": case "ArrowUp": {
		if (band.shape !== "grid" || at < 0)
			return;
		const cell = cells(band, at)[0] + (event.key === "ArrowDown" ? step : -step);
		const hit = band.tiles.findIndex((t, i) => cells(band, i)[0] <= cell && cell < cells(band, i)[1]);
		to = hit < 0 ? at : hit;
		break;
	}
	case "Enter": {
		const tile = band.tiles[at];
		if (!tile)
			return;
		if (tile.inside !== undefined)
			lookInto(tile.inside);
		else
			byId("tile-detail").querySelector("a, button")?.focus();
		break;
	}
	case "Escape": case "Backspace":
		if (mapState.stack.length)
			lookOut(mapState.stack.length - 1);
		break;
	default:
		return;
	}
	event.preventDefault();
	if (to !== null)
		pickTile(band, to);
}

let bandsDrawn = 0;

function bandView(band, scale, width) {
	band.drawn = bandsDrawn++;
	band.picked = undefined;
	const drawing = band.shape === "grid" ? drawGrid(band, width) : drawLine(band, scale);

	fill(drawing, { id: "band-" + band.drawn, role: "listbox", tabindex: 0, "aria-label": band.title, "aria-orientation": "horizontal",
			onkeydown: (event) => bandKey(band, event),
			onfocus: () => { if (band.picked === undefined && band.tiles.length) pickTile(band, 0); },
			onclick: (event) => {
				const tile = event.target.closest("[data-tile]");
				if (tile)
					pickTile(band, Number(tile.dataset.tile));
			},
			ondblclick: (event) => {
				const tile = event.target.closest("[data-tile]");
				if (tile && band.tiles[tile.dataset.tile].inside !== undefined)
					lookInto(band.tiles[tile.dataset.tile].inside);
			} }, []);
	const units = number(band.unit_length) ? Math.ceil(number(band.length) / number(band.unit_length)) : 0;
	return el("div", { class: "band" },
		el("h4", {}, band.title, " ", el("span", { class: "soft" },
			units ? count(units, band.unit, band.unit + "s") + (number(band.slice) ? ", " + Math.round(number(band.slice) / number(band.unit_length)) + " to a tile" : "")
			      : size(number(band.length)))),
		band.says ? el("p", { class: "hint" }, band.says) : "", drawing,
		number(band.left) ? el("p", { class: "cut" }, count(number(band.left), "tile", "tiles") + " had no place here.") : "",
		tileTable(band));
}

function legend(bands) {
	const used = new Set(bands.flatMap((b) => b.tiles.map((t) => t.class)));
	const swatch = (tone) => svg("svg", { width: 14, height: 14, "aria-hidden": "true" },
		svg("rect", { width: 14, height: 14, class: "tone-" + tone }), pattern(tone, { width: 14, height: 14 }),
		tone === "mixed" ? svg("rect", { y: 6, width: 14, height: 8, class: "level" }) : null);

	return el("ul", { class: "legend", "aria-label": "Legend" },
		report.map.classes.map((c, i) => used.has(i) ? el("li", {}, swatch(c.tone), el("b", {}, c.name), " ", el("span", { class: "soft" }, c.says)) : null),
		bands.some((b) => b.tiles.some((t) => t.findings)) ? el("li", {}, el("span", { class: "key", "aria-hidden": "true" }, "▼"), el("b", {}, "finding")) : null,
		bands.some((b) => b.tiles.some((t) => t.changes)) ? el("li", {}, el("span", { class: "key change", "aria-hidden": "true" }, "◆"), el("b", {}, "change under way")) : null);
}

function drawMap() {
	const inner = new Set(report.map.bands.flatMap((b) => b.tiles.map((t) => t.inside).filter((i) => i !== undefined)));
	const open = mapState.stack.length ? [mapState.stack[mapState.stack.length - 1]] : null;
	/* a few grids are worth seeing at once */
	const grids = report.map.bands.filter((b) => b.shape === "grid").length;
	const shown = report.map.bands.filter((b, i) => open ? open.includes(i) : !inner.has(i) || (b.shape === "grid" && grids <= GRIDS_AT_ONCE));
	const crumbs = el("p", { class: "crumbs" },
		el("button", { type: "button", onclick: () => lookOut(0) }, "Pool"),
		mapState.stack.map((index, depth) => [" › ", depth === mapState.stack.length - 1 ? el("b", {}, bandOf(index).title)
			: el("button", { type: "button", onclick: () => lookOut(depth + 1) }, bandOf(index).title)]));
	const view = byId("map-view");
	const groups = [...new Set(shown.map((b) => b.group))];

	view.replaceChildren(open ? crumbs : "", ...groups.flatMap((group) => {
		const bands = shown.filter((b) => b.group === group);
		const scale = Math.max(...bands.map((b) => number(b.length)), 1);
		return [el("h3", {}, group), legend(bands), ...bands.map((b) => bandView(b, scale, view.clientWidth))];
	}), el("div", { id: "tile-detail", role: "status" }, el("p", { class: "hint" },
		"Choose a tile, or walk along a band with the arrow keys; Enter looks closer, Escape goes back.")));
	if (number(report.map.left))
		view.append(el("p", { class: "cut" }, count(number(report.map.left), "band", "bands") + " had no place here."));
}

function lookInto(index) {
	mapState.stack.push(index);
	drawMap();
	byId("map-view").querySelector('[role="listbox"]')?.focus({ preventScroll: true });
}

function lookOut(depth) {
	mapState.stack.length = depth;
	drawMap();
	byId("map-view").querySelector('[role="listbox"]')?.focus({ preventScroll: true });
}

function patterns() {
	const tile = (tone, width, ...shapes) => svg("pattern", { id: "pattern-" + tone, width, height: width, patternUnits: "userSpaceOnUse" }, shapes);

	return svg("svg", { width: 0, height: 0, "aria-hidden": "true", class: "patterns" }, svg("defs", {},
		tile("lost", 6, svg("path", { d: "M0 6L6 0M-1 1L1 -1M5 7L7 5", class: "ink" })),
		tile("odd", 6, svg("path", { d: "M0 0L6 6M0 6L6 0", class: "ink" })),
		tile("unused", 6, svg("circle", { cx: 3, cy: 3, r: 0.9, class: "dot" }))));
}

function startMap() {
	if (!report.map || !report.map.bands.length) {
		byId("map").remove();
		return;
	}
	byId("map").append(patterns(), el("div", { id: "map-view" }));
	drawMap();
}
