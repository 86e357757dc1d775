// Old errors leave once their fields are right, and come back if what was refused is entered again. A page loads this
// only after its form was sent and refused.
//
// What a field requires, how long it is and which form its text has, the browser knows. What only the server knows, such
// as that a name is taken, was about the value that was sent, so that error leaves with the value. Fields that the
// server judges while one types have `data-judged`: a script makes them valid once the server says so, and sends
// "judged".

import { say } from "./part.js";

const summary = document.querySelector("[data-errors]");
const form = summary.closest("form");
const title = document.title;

const isFilledIn = (input) =>
  input.validity.valid &&
  !(input.required && input.type !== "password" && !input.value.trim()) &&
  !(input.dataset.limit && [...input.value.trim()].length > input.dataset.limit) &&
  !(input.dataset.sameAs && input.value !== form.elements[input.dataset.sameAs].value);

const inputOf = (item) => document.getElementById(item.querySelector("a").hash.slice(1));

function fieldOf(item) {
  const { name } = inputOf(item);
  const inputs = [...form.querySelectorAll(`[name="${name}"]:not([type=hidden])`)];
  const state = () =>
    new FormData(form)
      .getAll(name)
      .map((value) => value.name ?? value)
      .join("\n"); // files have names
  return {
    item,
    inputs,
    label: item.dataset.label,
    error: document.getElementById(`id_${name}_error`),
    state,
    sent: state(),
    isJudged: () => inputs.some((input) => "judged" in input.dataset),
    describedBy: inputs.map((input) => input.getAttribute("aria-describedby")),
    isRight: false,
  };
}

function isRight({ inputs, state, sent, isJudged }) {
  return inputs.every(isFilledIn) && (isJudged() || state() !== sent);
}

/** Show the errors of a field, or hide them from everybody. */
function mark({ item, inputs, error, describedBy }, right) {
  item.hidden = right;
  if (error) error.hidden = right;
  inputs.forEach((input, index) => {
    if (right) input.removeAttribute("aria-invalid");
    else input.setAttribute("aria-invalid", "true");
    const ids = (describedBy[index] ?? "").split(" ").filter((id) => id && !(right && id === error?.id));
    if (ids.length) input.setAttribute("aria-describedby", ids.join(" "));
    else input.removeAttribute("aria-describedby");
  });
}

// The summary of an event's panel is outside of its form.
const items = form ? [...summary.querySelectorAll(".error-links li")] : [];
const fields = items.filter(inputOf).map(fieldOf);
let isPressed = false;

function update() {
  if (isPressed) return; // nothing may move between pressing and releasing a button
  const changed = fields.filter((field) => isRight(field) !== field.isRight);
  if (!changed.length) return;
  const focused = document.activeElement;
  const before = focused.getBoundingClientRect().top;
  for (const field of changed) {
    field.isRight = !field.isRight;
    mark(field, field.isRight);
  }
  const isDone = fields.every((field) => field.isRight);
  summary.hidden = isDone && !("stays" in summary.dataset);
  document.title = isDone ? title.replace(summary.dataset.titlePrefix, "") : title;
  // What has the focus stays where it is, as far as the page can be scrolled.
  scrollBy({ top: focused.getBoundingClientRect().top - before, behavior: "instant" });
  const fixed = changed.filter((field) => field.isRight).map((field) => field.label);
  if (fixed.length) say(summary.dataset.fixed.replace("{field}", fixed.join(", ")));
}

if (fields.length) {
  form.addEventListener("input", update);
  form.addEventListener("change", update);
  form.addEventListener("judged", update);
  addEventListener("pointerdown", () => {
    isPressed = true;
  });
  for (const type of ["pointerup", "pointercancel"]) {
    addEventListener(type, () => {
      isPressed = false;
      setTimeout(update);
    });
  }
  // Scripts that suggest or judge may start after this one, and browsers fill in what was typed before a reload.
  addEventListener("pageshow", update);
}
