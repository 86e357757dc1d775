// What makes the pages nicer than they are without a script. Each part looks for its own hook and does without.

// The zone of the browser, where nobody has chosen another yet.
for (const input of document.querySelectorAll("input[data-guess-zone]:not([aria-invalid])")) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && input.value === "UTC") input.value = zone;
}

// A password can be looked at.
for (const input of document.querySelectorAll("input[data-reveal]")) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button button-quiet reveal", textContent: input.dataset.reveal });
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

// Links can be copied.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.querySelector("span").textContent = button.dataset.done;
  });
}

// The promise follows what is ticked.
const promise = document.querySelector("[data-promise]");
const leads = promise?.closest(".panel")?.querySelectorAll("input[name='leads']") ?? [];
const followTicks = () => {
  const ticked = [...leads].filter((input) => input.checked).map((input) => input.closest("label").querySelector("[data-due]"));
  const past = ticked.filter((moment) => moment.dataset.due === "");
  const texts = ticked.filter((moment) => moment.dataset.due).reverse().map((moment) => moment.textContent);
  if (past.length) texts.unshift(promise.dataset.now);
  if (!texts.length) texts.push(promise.dataset.never);
  promise.replaceChildren(...texts.map((textContent) => {
    const item = Object.assign(document.createElement("li"), { textContent });
    item.dataset.and = promise.dataset.and;
    return item;
  }));
};
for (const input of leads) input.addEventListener("change", followTicks);
if (leads.length) followTicks();
