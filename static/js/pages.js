// Improvements that all pages can do without. Each part looks for its own elements and does nothing without them.

import "./kept.js";

// A form that is being sent is busy and is not sent again, until the page is shown again or PENDING_MS have passed.
const PENDING_MS = 15_000;
let pending = 0;
const setBusy = (form, isBusy) => {
  for (const element of [form, ...form.querySelectorAll("button:not([type=button])")]) {
    if (isBusy) element.setAttribute("aria-busy", "true");
    else element.removeAttribute("aria-busy");
  }
};
// It listens on the window, so that scripts that send a form themselves have prevented the event by then.
addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.hasAttribute("aria-busy")) return event.preventDefault();
  setBusy(form, true);
  clearTimeout(pending);
  pending = setTimeout(setBusy, PENDING_MS, form, false);
});
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) for (const form of document.querySelectorAll("form[aria-busy]")) setBusy(form, false);
});

// Fill in the time zone of the browser if nobody has chosen another one yet, and the browser knows its own.
for (const input of document.querySelectorAll("input[data-guess-zone]:not([aria-invalid])")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && zone !== "Etc/Unknown" && input.value === "UTC") input.value = zone;
}

// Show a password on request.
for (const input of document.querySelectorAll("input[data-reveal]")) {
  const button = Object.assign(document.createElement("button"), {
    type: "button",
    className: "button button-quiet reveal",
    textContent: input.dataset.reveal,
  });
  const box = Object.assign(document.createElement("div"), { className: "with-button" });
  input.replaceWith(box);
  box.append(input, button);
  button.setAttribute("aria-pressed", "false");
  button.addEventListener("click", () => {
    const shown = input.type === "password";
    input.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", String(shown));
  });
}

// Close menus on Escape and on a click elsewhere.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
};
document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details[data-menu][open]");
  closeMenus(null);
  menu?.querySelector("summary").focus();
});
