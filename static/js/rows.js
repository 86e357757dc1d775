// Subscribing on the row of a list, and undoing that, without leaving the page: the row is replaced by its new state.

import { answered, pageOf, say, sayIfUnreachable } from "./part.js";

// For so long after a row was replaced, its new button does nothing: it may be the second click of a double click.
const SETTLING_MS = 500;
// How long to wait for an answer.
const PATIENCE_MS = 15_000;
let settled = 0;

async function send(form) {
  const row = form.closest(".row");
  const body = new URLSearchParams(new FormData(form));
  body.set("next", form.dataset.row);
  const options = { method: "POST", body, signal: AbortSignal.timeout(PATIENCE_MS) };
  const page = await pageOf(await answered(fetch(form.action, options))); // which redirects to the row
  const fresh = page.getElementById(row.id);
  if (!fresh) throw new Error(`no ${row.id}`);
  // Should the browser send the new form itself, it shows this page after it, too.
  for (const next of fresh.querySelectorAll("[name=next]")) next.value = form.elements.next.value;
  const refusals = page.querySelector(".messages:has(.alert-error)");
  if (refusals) fresh.querySelector(".row-head").after(refusals);
  row.replaceWith(document.adoptNode(fresh));
  settled = performance.now() + SETTLING_MS;
  (fresh.querySelector("[data-row] button") ?? fresh.querySelector("h3 a")).focus({ preventScroll: true });
  say([...page.querySelectorAll(".alert > span")].map((text) => text.textContent).join(" "));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.row) return;
  event.preventDefault();
  if (form.hasAttribute("aria-busy") || performance.now() < settled) return;
  form.setAttribute("aria-busy", "true");
  send(form).catch((error) => {
    if (sayIfUnreachable(error)) form.removeAttribute("aria-busy");
    else form.submit(); // the browser then shows what is wrong, or the login
  });
});
