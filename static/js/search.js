// Search as you type: below the form, the page shows what the server returns for the text.

import { fetchPart, say, sayIfUnreachable } from "./part.js";

const PAUSE_MS = 250;
const form = document.querySelector("form.search");
const { q } = form.elements;
let typing = 0;
let asked = new AbortController();

function currentUrl() {
  const params = new URLSearchParams([...new FormData(form)].filter(([, value]) => value.trim()));
  const { href } = new URL(`?${params}`, form.action);
  return href.replace(/\?$/, "");
}

async function search() {
  clearTimeout(typing);
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  const url = currentUrl();
  const shown = document.getElementById("results");
  shown.setAttribute("aria-busy", "true");
  try {
    const results = await fetchPart(url, "results", { signal });
    if (signal.aborted) return;
    shown.replaceWith(results);
    history.replaceState(null, "", url);
    keepText();
    say(results.dataset.said);
  } catch (error) {
    if (signal.aborted) return;
    shown.removeAttribute("aria-busy");
    throw error;
  }
}

/** Put the text into the form for the date range, too. */
function keepText() {
  const hidden = document.querySelector(".range-form [name=q]");
  hidden.value = q.value;
  hidden.disabled = !q.value.trim();
}

form.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => search().catch(sayIfUnreachable), PAUSE_MS); // typing alone must not leave the page
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  // If something else is wrong, the browser then shows it.
  search().catch((error) => sayIfUnreachable(error) || location.assign(currentUrl()));
});
