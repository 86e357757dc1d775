// Show what the times come to, and which of their errors are right by now. Both are fetched while the organiser types,
// because only the server puts times into words and judges them. Without a connection the line says nothing.

import { fetchPage } from "../part.js";

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
  const page = await fetchPage(location.href, { method: "POST", body }).catch(() => null);
  if (number !== latest) return; // something else has been typed meanwhile
  const fresh = page?.getElementById("when");
  const line = document.getElementById("when");
  line.classList.toggle("when-trouble", fresh?.classList.contains("when-trouble") ?? false);
  if (line.textContent !== fresh?.textContent) line.replaceChildren(...(fresh?.childNodes ?? []));
  if (page) judge(form, page);
}

/** Update the errors that the form shows of its times. It shows no new ones while somebody types. */
function judge(form, page) {
  for (const input of form.querySelectorAll("[data-judged]:not([data-zones])")) {
    const { id } = input;
    input.setCustomValidity(page.getElementById(id)?.hasAttribute("aria-invalid") ? "?" : "");
    for (const selector of [`#${id}_error`, `.error-links a[href="#${id}"]`]) {
      const [shown, fresh] = [document, page].map((each) => each.querySelector(selector));
      if (shown && fresh && shown.textContent !== fresh.textContent) shown.replaceChildren(...fresh.childNodes);
    }
  }
  form.dispatchEvent(new Event("judged"));
}
