// What makes the pages nicer than they are without a script. Each part looks for its own hook and does without.

// The zone of the browser, where nobody has chosen another yet.
for (const input of document.querySelectorAll("input[data-guess-zone]:not([aria-invalid])")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && input.value === "UTC") input.value = zone;
}

// A password can be looked at.
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

// Menus close on Escape and on a click elsewhere.
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
