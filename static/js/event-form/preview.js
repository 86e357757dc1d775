// Show the preview in this page. It is fetched, because only the server converts descriptions to HTML.

import { fetchPart } from "../part.js";

const button = document.querySelector("[name=preview]");
let asked = new AbortController();

button.addEventListener("click", async (event) => {
  event.preventDefault();
  asked.abort();
  asked = new AbortController();
  const { signal } = asked;
  const body = new FormData(button.form, button);
  const fresh = await fetchPart(location.href, "preview", { method: "POST", body, signal }).catch(() => null);
  if (signal.aborted) return;
  const section = document.getElementById("preview");
  const shown = fresh ?? Object.assign(section.cloneNode(), { textContent: section.dataset.failed });
  shown.hidden = false;
  section.replaceWith(shown);
  shown.focus();
});
