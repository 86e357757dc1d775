// Forms with text: keep what is typed until it is saved, show how many characters are left, and ask before somebody
// leaves unsaved changes. Runs before the scripts of a single form, so that they find what was restored.

import { forget, keep, keptValues, newId } from "./kept.js";

const form = document.querySelector("form[data-writing]");
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const number = (value) => value.toLocaleString(document.documentElement.lang);

// --- What is typed ---

const path = location.pathname;
// Not among them: the hidden CSRF token and one-time key, which belong to one page.
const inputs = [...form.querySelectorAll("textarea, input:not([type=hidden], [type=password])")];
// What was saved when the server sent the form. The server compares it with what others have saved since.
const bases = [...form.querySelectorAll("input[name=revision], input[name^=initial-]")];
// What the server has sent back with errors has not been saved yet.
const isSentBack = "unsaved" in form.dataset;

const isToggle = ({ type }) => type === "checkbox" || type === "radio";
const keyOf = (input) => (isToggle(input) ? `${input.name}=${input.value}` : input.name);
const stateOf = (input) => (isToggle(input) ? input.checked : input.value);
const sentStateOf = (input) => (isToggle(input) ? input.defaultChecked : input.defaultValue);

// When somebody goes back, browsers would fill in what has been saved already.
form.autocomplete = "off";
// Identifies an attempt to save the form.
const attempt = Object.assign(document.createElement("input"), { type: "hidden", name: "kept", value: newId() });
form.append(attempt);
let isLeaving = false;

const typedInputs = () => inputs.filter((input) => isSentBack || stateOf(input) !== sentStateOf(input));

function keepTyped() {
  const typed = typedInputs();
  const values = Object.fromEntries([...typed, ...bases].map((input) => [keyOf(input), stateOf(input)]));
  if (typed.length) keep(path, attempt.value, values);
  else forget(path);
}

/** Fill in what was kept and differs from what the server has sent. Return whether anything does. */
function restore(kept) {
  const typed = inputs.filter((input) => kept[keyOf(input)] !== undefined && kept[keyOf(input)] !== sentStateOf(input));
  if (!typed.length) return false;
  for (const input of typed) input[isToggle(input) ? "checked" : "value"] = kept[keyOf(input)];
  const names = ["revision", ...typed.map(({ name }) => `initial-${name}`)];
  for (const base of bases) if (names.includes(base.name)) base.value = kept[base.name];
  for (const input of inputs) delete input.dataset.guessZone; // somebody has seen the zone that was guessed
  return true;
}

const note = form.querySelector("[data-restored]");
note.hidden = isSentBack || !restore(keptValues(path) ?? {});
let hasTyped = isSentBack || !note.hidden;
note.querySelector("button").addEventListener("click", () => {
  forget(path);
  isLeaving = true;
  location.replace(path + location.search);
});
form.addEventListener("input", () => {
  hasTyped = true;
  keepTyped();
});
form.querySelector("[data-discard]")?.addEventListener("click", () => forget(path));

// --- How many characters are left ---

for (const input of form.querySelectorAll("[data-limit]")) {
  const limit = +input.dataset.limit;
  const isNear = (length) => length >= limit - Math.max(20, limit / 10);
  const count = Object.assign(document.createElement("p"), { className: "field-help", hidden: true });
  input.after(count);
  const update = () => {
    const { length } = [...input.value.trim()];
    count.hidden = !isNear(length);
    count.classList.toggle("field-count-over", length > limit);
    count.setAttribute("aria-live", length >= limit ? "polite" : "off");
    count.textContent = count.hidden
      ? ""
      : fill(length > limit ? form.dataset.tooLong : form.dataset.count, { n: number(length), limit: number(limit) });
  };
  input.addEventListener("input", update);
  update();
}

// --- Leaving ---

form.addEventListener("submit", () => {
  keepTyped();
  isLeaving = true;
});
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  isLeaving = false;
  attempt.value = newId(); // sending the form again after coming back is another attempt
});
addEventListener("beforeunload", (event) => {
  if (!isLeaving && hasTyped && typedInputs().length) event.preventDefault();
});
