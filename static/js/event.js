// The event's page: keep the promise true to the reminder times that are ticked and typed. The server puts it in words.
// Its organiser has a menu instead.

import { fetchPage } from "./part.js";

const PAUSE_MS = 300;
// What could not be asked, because there is no connection or too much was asked, is asked again, each time later.
const RETRY_MS = 5_000;
const form = document.querySelector("form[data-promise]");
let waiting = 0;
let latest = 0;

async function update(number) {
  const amount = form.elements.other_amount;
  const query = new URLSearchParams(new FormData(form));
  query.delete("csrfmiddlewaretoken");
  if (amount.validity.badInput) query.set("other_amount", "?"); // what is not a number has no value
  const fresh = await fetchPage(`${form.dataset.promise}?${query}`);
  if (number !== latest) return;
  for (const part of fresh.body.children) {
    const shown = document.getElementById(part.id);
    if (shown.textContent.trim() !== part.textContent.trim()) shown.replaceChildren(...part.childNodes);
  }
  const error = document.getElementById(`${amount.id}_error`);
  amount.setAttribute("aria-invalid", String(error !== null));
  if (error) amount.setAttribute("aria-describedby", error.id);
  else amount.removeAttribute("aria-describedby");
}

function updateSoon(pause) {
  latest += 1;
  clearTimeout(waiting);
  waiting = setTimeout(
    (number) => update(number).catch(() => number === latest && updateSoon(Math.max(RETRY_MS, 2 * pause))),
    pause,
    latest,
  );
}

form?.addEventListener("input", ({ target }) => updateSoon(target.name === "other_amount" ? PAUSE_MS : 0));
// What was tomorrow when the page was opened may be today.
const openedOn = new Date().toDateString();
document.addEventListener("visibilitychange", () => {
  if (form && !document.hidden && new Date().toDateString() !== openedOn) updateSoon(0);
});
// Browsers restore what was chosen when somebody comes back.
const isRestored = ({ checked, defaultChecked, value, defaultValue, type }) =>
  type === "checkbox" ? checked !== defaultChecked : type === "number" && value !== defaultValue;
if (form && [...form.elements].some(isRestored)) updateSoon(0);

// The menu of the organiser may open below the screen, or behind the bar of a phone.
const menu = document.querySelector(".panel-menu");
menu?.addEventListener("toggle", () => {
  if (menu.open) menu.querySelector(".menu-panel").scrollIntoView({ block: "nearest" });
});
