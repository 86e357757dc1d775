// The keys of the inbox, which do what links and buttons do, and the switch that turns them off.

const STORED = "inbox keys"; // "off" in the browser's storage if somebody has turned them off

const undo = document.getElementById("undo");
const help = document.getElementById("keys");
const isOn = help.querySelector("input");

try {
  isOn.checked = localStorage.getItem(STORED) !== "off";
} catch {} // the browser forbids storage
isOn.addEventListener("change", () => {
  try {
    localStorage.setItem(STORED, isOn.checked ? "on" : "off");
  } catch {}
});

const entries = () => [...document.querySelectorAll("#inbox .entry")];
const current = () => document.activeElement.closest("#inbox .entry");
const focusOn = (entry) => entry?.querySelector("h3 > [id]").focus();

/** Press the button of the entry with the focus, or of the earlier notification within it, if it has such a button. */
function mark(type) {
  const row = document.activeElement.closest("#inbox li");
  row?.querySelector(`:scope > form[data-mark="${type}"]`)?.requestSubmit();
}

const actions = {
  j() {
    const next = entries()[entries().indexOf(current()) + 1];
    if (next) focusOn(next);
    else document.getElementById("load-more")?.click();
  },
  k: () => focusOn(entries()[entries().indexOf(current()) - 1]),
  o: () => current()?.querySelector("h3 > a")?.click(),
  e: () => mark("read"),
  u: () => mark("unread"),
  z: () => undo.hidden || undo.requestSubmit(undo.elements.read_at),
  "?"() {
    help.open = true;
    help.querySelector("summary").focus();
  },
};

export function press(key) {
  if (isOn.checked) actions[key]();
}
