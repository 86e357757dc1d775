// Suggest places while somebody types a time zone: a combobox as in the ARIA Authoring Practices Guide. The server knows
// the places, so nothing is suggested without a connection. What is typed without choosing is understood there as well.

import { say } from "./part.js";

const PAUSE_MS = 120;

/** Make a text box a combobox. While its text names no place, it is invalid for scripts; no form is kept from sending. */
function suggest(input) {
  const box = Object.assign(document.createElement("div"), { className: "places-box" });
  const list = Object.assign(document.createElement("ul"), { className: "places", hidden: true });
  list.id = `${input.id}_places`;
  list.role = "listbox";
  list.ariaLabel = input.dataset.suggestions;
  const hadFocus = document.activeElement === input;
  input.replaceWith(box);
  box.append(input, list);
  if (hadFocus) input.focus();
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": false,
  })) {
    input.setAttribute(name, value);
  }
  input.setAttribute("aria-controls", list.id);
  input.dataset.judged = "";
  if (input.hasAttribute("aria-invalid")) input.setCustomValidity("?");

  let typing = 0;
  let asked = new AbortController();
  const active = () => list.querySelector("[aria-selected=true]");

  const activate = (option) => {
    active()?.setAttribute("aria-selected", "false");
    option?.setAttribute("aria-selected", "true");
    option?.scrollIntoView({ block: "nearest" });
    if (option) input.setAttribute("aria-activedescendant", option.id);
    else input.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    clearTimeout(typing);
    asked.abort();
    activate(null);
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const judge = (isRight) => {
    input.setCustomValidity(isRight ? "" : "?");
    input.dispatchEvent(new Event("judged", { bubbles: true }));
  };
  const choose = (option) => {
    input.value = option.dataset.zone;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    close();
    judge(true);
  };

  const option = ({ name, zone, label }, index) => {
    const item = Object.assign(document.createElement("li"), { id: `${list.id}_${index}`, role: "option" });
    item.setAttribute("aria-selected", "false");
    item.dataset.zone = zone;
    const detail = Object.assign(document.createElement("span"), { className: "muted small", textContent: label });
    item.append(Object.assign(document.createElement("span"), { textContent: name }), " ", detail);
    return item;
  };
  const show = async () => {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    const query = new URLSearchParams({ q: input.value.trim() });
    const answer = await fetch(`${input.dataset.zones}?${query}`, { signal }).then((response) => response.json());
    if (signal.aborted) return;
    judge(answer.is_meant);
    list.replaceChildren(...answer.places.map(option));
    activate(null);
    const isOpen = answer.places.length > 0 && document.activeElement === input;
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", isOpen);
    if (isOpen) list.scrollIntoView({ block: "nearest" }); // it may be below the screen, or behind the bar of a phone
    say(answer.said);
  };
  const ask = (pause) => {
    clearTimeout(typing);
    // An answer that is no longer waited for closes nothing: the next one is on its way.
    typing = setTimeout(() => show().catch(({ name }) => name === "AbortError" || close()), pause);
  };
  const move = (step) => {
    if (list.hidden) return ask(0);
    const options = [...list.children];
    const from = options.indexOf(active());
    activate(options[from < 0 && step < 0 ? options.length - 1 : (from + step + options.length) % options.length]);
  };

  /** While places are suggested, Enter sends no form: it chooses one, or proposes the first if none is meant yet. */
  const enter = () => {
    if (active()) choose(active());
    else if (input.validity.valid) close();
    else move(1);
  };

  input.addEventListener("input", () => {
    input.setCustomValidity("?"); // until the server has answered
    if (input.value.trim()) ask(PAUSE_MS);
    else close();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && !list.hidden) enter();
    else if (event.key === "Escape" && !list.hidden) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  // Clicking into the box selects its text, as Tab does, because people type another place rather than add to this one.
  input.addEventListener("mousedown", () => {
    if (document.activeElement !== input) input.addEventListener("click", () => input.select(), { once: true });
  });
  input.addEventListener("blur", () => {
    if (!list.hidden) close();
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
  list.addEventListener("click", ({ target }) => {
    const chosen = target.closest("[role=option]");
    if (chosen) choose(chosen);
  });
}

for (const input of document.querySelectorAll("input[data-zones]")) suggest(input);
