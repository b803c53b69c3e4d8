// All pages work without it: it adds keys, the text under the pointer, local times, live progress.
"use strict";

/** Times in the reader's own zone. */
function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const at = new Date(time.dateTime);
    time.title = time.textContent;
    time.textContent = at.toLocaleString(document.documentElement.lang, {
      dateStyle: "short",
      timeStyle: "short",
    });
  }
}

/** Brings the part of the page that lives up to date, until the job is through. */
function refresh() {
  const live = document.getElementById("live");
  if (!live?.dataset.refresh) return;
  setTimeout(async () => {
    const fresh = document.hidden ? null : await fetchLive();
    if (fresh) {
      live.replaceWith(fresh);
      localTimes(fresh);
    }
    refresh();
  }, live.dataset.refresh * 1000);
}

async function fetchLive() {
  try {
    const answer = await fetch(location.href);
    if (!answer.ok || answer.redirected) return null;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return page.getElementById("live");
  } catch {
    return null; // not reachable for a moment: the next time it may be
  }
}

/** A key does what a click on its element does; a field gets the cursor. */
function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.key === "Escape") return document.activeElement.blur();
  if (event.target.closest("input, textarea, select")) return;
  const place = [...document.querySelectorAll("[data-key]")].find((each) =>
    each.dataset.key.split(" ").includes(event.key),
  );
  if (!place) return;
  event.preventDefault();
  if (place.matches("textarea")) return place.focus();
  if (place.matches("summary")) return correct(place);
  place.click();
}

function correct(summary) {
  summary.parentElement.open = true;
  const field = summary.parentElement.querySelector("input:not([type=hidden])");
  field.focus();
  field.select();
}

/** Shows what a line says beside it, and marks it wherever it stands on the page. */
function showLine(event) {
  const line = event.target.closest?.("[data-line]");
  hideLine();
  if (!line) return;
  for (const each of document.querySelectorAll(`[data-line="${CSS.escape(line.dataset.line)}"]`)) {
    each.classList.add("lit");
  }
  if (line instanceof SVGElement) say(line);
}

function hideLine() {
  document.getElementById("said")?.remove();
  for (const each of document.querySelectorAll(".lit")) each.classList.remove("lit");
}

function say(line) {
  const bubble = document.createElement("div");
  bubble.id = "said";
  bubble.textContent = line.getAttribute("aria-label");
  document.body.append(bubble);
  const at = line.getBoundingClientRect();
  const left = Math.min(at.left, innerWidth - bubble.offsetWidth - 8);
  bubble.style.left = `${Math.max(4, left) + scrollX}px`;
  bubble.style.top = `${at.bottom + scrollY + 6}px`;
}

localTimes(document);
refresh();
document.addEventListener("keydown", onKey);
document.addEventListener("pointerover", showLine);
document.addEventListener("focusin", showLine);
