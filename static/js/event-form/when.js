// Show what the times come to. The line is fetched while the organiser types, because only the server puts times into
// words. Without a connection it says nothing.

import { fetchPart } from "../part.js";

// Long enough that typing alone never uses up the writes that a user may make in a minute.
const PAUSE_MS = 500;
let typing = 0;
let latest = 0;

/** Fetch the line for what the form contains, once the organiser pauses. Until then the present one stays. */
export function updateWhen(form) {
  clearTimeout(typing);
  latest += 1;
  typing = setTimeout(show, PAUSE_MS, form, latest);
}

async function show(form, number) {
  const body = new FormData(form);
  body.set("preview", "1"); // nothing is saved
  body.delete("description");
  const fresh = await fetchPart(location.href, "when", { method: "POST", body }).catch(() => null);
  if (number !== latest) return; // something else has been typed meanwhile
  const line = document.getElementById("when");
  line.classList.toggle("when-trouble", fresh?.classList.contains("when-trouble") ?? false);
  if (line.textContent !== fresh?.textContent) line.replaceChildren(...(fresh?.childNodes ?? []));
}
