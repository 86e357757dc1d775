// Add the typed reminder time to the list without leaving the page. The server answers with the list and saves nothing.

import { fetchPart, say, sayIfUnreachable } from "./part.js";

const ADD = "button[name='add_lead']";
const ticked = (part) => [...part.querySelectorAll("input[name='leads']:checked")];

async function add(form, part) {
  const body = new FormData(form);
  body.set("add_lead", "1");
  // What is not a number has no value.
  if (form.elements.other_amount.validity.badInput) body.set("other_amount", "?");
  const fresh = await fetchPart(form.action, "leads", { method: "POST", body });
  const before = ticked(part).map(({ value }) => value);
  const added = ticked(fresh).find(({ value }) => !before.includes(value));
  part.replaceWith(fresh);
  fresh.querySelector(added ? ADD : "[name=other_amount]").focus();
  say((added?.closest("label") ?? fresh.querySelector(".field-error"))?.textContent ?? "");
  fresh.dispatchEvent(new Event("input", { bubbles: true }));
}

// Where the server is not asked at each change, and no summary has the errors, what it refused leaves with the value.
document.addEventListener("input", ({ target }) => {
  const isAsked = target.form?.dataset.promise || document.querySelector("[data-errors]");
  if (target.name !== "other_amount" || isAsked || !target.validity.valid) return;
  document.getElementById("lead-errors").replaceChildren();
  target.removeAttribute("aria-invalid");
  target.removeAttribute("aria-describedby");
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest(ADD);
  if (!button || button.dataset.isSending) return;
  event.preventDefault();
  const { form } = button;
  const part = button.closest("#leads");
  const { activeElement } = document;
  // Enter in an input presses the form's first button, although it may be far from it.
  if (event.detail === 0 && form.contains(activeElement) && !part.contains(activeElement)) {
    return form.requestSubmit(form.querySelector(`[type='submit']:not([name='add_lead'])`));
  }
  try {
    await add(form, part);
  } catch (error) {
    if (sayIfUnreachable(error)) return;
    button.dataset.isSending = "true";
    button.click(); // the page after it shows what is wrong
  }
});
