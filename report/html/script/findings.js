"use strict";
/* Filter, search and permalinks. The table itself is there without scripts. */

function filterFindings() {
	const form = byId("filters");

	if (!form)
		return;
	const data = new FormData(form);
	const severities = new Set(data.getAll("severity"));
	const words = data.get("text").toLowerCase().split(/\s+/).filter(Boolean);
	const check = data.get("check");
	let shown = 0, all = 0;

	for (const row of byId("findings-table").tBodies[0].rows) {
		const text = row.textContent.toLowerCase();
		const hit = severities.has(row.dataset.severity) && (!check || row.dataset.check === check) &&
			words.every((w) => text.includes(w));

		row.hidden = !hit;
		all++;
		shown += hit;
	}
	byId("shown").textContent = shown === all ? all + " shown" : shown + " of " + all + " shown";
}

function showSeverity(severity) {
	for (const box of byId("filters").elements.severity)
		box.checked = !severity || box.value === severity;
	byId("filters").elements.text.value = "";
	byId("filters").elements.check.value = "";
	filterFindings();
}

/* A permalink opens what it names, even when a filter hides it. */
function showFinding(id) {
	const row = byId(id);

	if (!row)
		return;
	if (row.hidden)
		showSeverity("");
	row.querySelector("details").open = true;
	row.scrollIntoView({ block: "center" });
}

function startFindings() {
	const form = byId("filters");

	if (!form)
		return;
	form.hidden = false;
	form.addEventListener("input", filterFindings);
	form.addEventListener("submit", (event) => event.preventDefault());
	filterFindings();
}

function findingList(findings) {
	return el("ul", { class: "linked" }, findings.map((f) => el("li", {},
		el("span", { class: "severity " + f.severity }, f.severity), " ",
		el("a", { href: "#finding-" + f.fingerprint }, told(f.message)))));
}
