// An import that isn't finished: press “Continue importing” until it is, and show how far it is.

import { pageOf, say } from "./part.js";

const ID = "import-progress";
// How long to wait if the server was busy with another import.
const BUSY_MS = 3000;

const panel = document.getElementById(ID);
const form = panel.querySelector("form[data-continue]");
const positionOf = (element) => Number(element.dataset.position);

/** Import a while, and return the panel of the page that comes next; null if there is nothing to continue. */
async function proceed() {
  const response = await fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) });
  return (await pageOf(response)).getElementById(ID);
}

function show(next) {
  const text = next.querySelector("#import-state").textContent.trim();
  panel.querySelector("#import-state strong").textContent = text;
  panel.querySelector("progress").value = positionOf(next);
  panel.dataset.position = next.dataset.position;
  say(text);
}

async function run() {
  for (let next = await proceed(); next; next = await proceed()) {
    if (positionOf(next) > positionOf(panel)) show(next);
    else await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
  }
  location.reload();
}

const hint = panel.querySelector("[data-hint]");
const setRunning = (isRunning) => {
  form.hidden = isRunning;
  hint.hidden = !isRunning;
};
setRunning(true);
run().catch(() => setRunning(false)); // the button is there again
