"use strict";
/* The page as a whole: contents, the address, words explained, printing. */

function startContents() {
	const nav = byId("contents");
	const links = [...document.querySelectorAll("main > section")].map((section) => {
		const title = section.querySelector("h2").textContent;
		return el("li", {}, el("a", { href: "#" + section.id }, section.id === "verdict" ? "Verdict" : title));
	});

	nav.append(el("ul", {}, links));
	nav.hidden = false;
}

function followAddress() {
	const hash = location.hash;
	let rest;

	try {
		rest = decodeURIComponent(hash.slice(1));
	} catch {
		return;
	}
	if (hash.startsWith("#at/"))
		showPath(rest.slice(3), true);
	else if (hash.startsWith("#finding-"))
		showFinding(rest);
	else if (hash.startsWith("#findings/")) {
		showSeverity(rest.slice(9));
		byId("findings").scrollIntoView();
	} else if (!hash) {
		showPath(firstPath, false);
	} else {
		const target = byId(rest);
		if (target instanceof HTMLDetailsElement)
			target.open = true;
	}
}

/* A word's explanation beside it, on hover and on focus; Escape takes it away. */
function startTerms() {
	const tip = el("div", { id: "tip", role: "tooltip", hidden: true });

	function show(link) {
		const text = byId(link.hash.slice(1))?.querySelector("dd");
		if (!text)
			return;
		tip.textContent = text.textContent;
		tip.hidden = false;
		const box = link.getBoundingClientRect();
		tip.style.left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8)) + window.scrollX + "px";
		tip.style.top = box.bottom + window.scrollY + 6 + "px";
		link.setAttribute("aria-describedby", "tip");
	}
	function hide(link) {
		tip.hidden = true;
		link?.removeAttribute("aria-describedby");
	}
	document.body.append(tip);
	for (const link of document.querySelectorAll("a.term")) {
		link.addEventListener("mouseenter", () => show(link));
		link.addEventListener("focus", () => show(link));
		link.addEventListener("mouseleave", () => hide(link));
		link.addEventListener("blur", () => hide(link));
	}
	document.addEventListener("keydown", (event) => {
		if (event.key === "Escape" && !tip.hidden)
			hide(document.querySelector('[aria-describedby="tip"]'));
	});
}

/* On paper everything is open. */
function startPrinting() {
	let opened = [];

	window.addEventListener("beforeprint", () => {
		opened = [...document.querySelectorAll("details:not([open]):not(.as-table)")];
		for (const d of opened)
			d.open = true;
	});
	window.addEventListener("afterprint", () => {
		for (const d of opened)
			d.open = false;
	});
}

startFindings();
startMap();
startStructures();
startContents();
startTerms();
startPrinting();
window.addEventListener("hashchange", followAddress);
window.addEventListener("popstate", followAddress);
followAddress();
