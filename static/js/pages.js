// Improvements that all pages can do without. Each part looks for its own elements and does nothing without them.

// Fill in the time zone of the browser if nobody has chosen another one yet.
for (const input of document.querySelectorAll("input[data-guess-zone]:not([aria-invalid])")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && input.value === "UTC") input.value = zone;
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
