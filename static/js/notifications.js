// The inbox: keep it up to date, including the older pages that have been opened, offer to undo what was marked as read,
// and let keys do what links and buttons do.

import { keepFresh } from "./live.js";
import { append, nextUrl, pagesOf } from "./more.js";
import { fetchPart, say } from "./part.js";

const UNDO_MS = 60_000;
const KEYS = "inbox keys"; // in the browser's storage: "off" if somebody has turned the shortcuts off

const inboxNow = () => document.getElementById("inbox");

/** Fetch as many pages as are open, and one more if new rows have pushed the last row out of them. */
async function fetchOpen() {
  const isShort = () => {
    const open = inboxNow();
    const missing = pagesOf(open) - pagesOf(inbox);
    const last = [...open.querySelectorAll(".entry")].at(-1);
    return missing > 0 || (missing === 0 && pagesOf(open) > 1 && !inbox.querySelector(`#${last.id}`));
  };
  const inbox = await fetchPart(location.href, "inbox");
  while (isShort() && nextUrl(inbox)) append(inbox, await fetchPart(nextUrl(inbox), "inbox"));
  return inbox;
}

keepFresh("inbox", fetchOpen, () => !document.hidden);

// --- Undo ---

const undo = document.getElementById("undo");
let leaving = 0;

/** Show the button beside the toasts for a while, but not shorter than somebody has the pointer or the focus on it. */
function offerUndo(moments) {
  const text = undo.querySelector("span").textContent;
  undo.elements.read_at.value = moments;
  undo.hidden = false;
  document.getElementById("toasts").prepend(undo);
  clearTimeout(leaving);
  leaving = setTimeout(leaveUndo, UNDO_MS);
  say("");
  say(text);
}

function leaveUndo() {
  if (undo.matches(":hover, :focus-within")) leaving = setTimeout(leaveUndo, UNDO_MS);
  else undo.hidden = true;
}

document.addEventListener("feed:marked", ({ detail: { type, readAt } }) => {
  if (type === "read" && readAt) {
    const wasAll = document.activeElement.id === "mark-all"; // its button goes, because nothing is left to be marked
    offerUndo(readAt);
    if (wasAll) undo.elements.read_at.focus();
    return;
  }
  if (undo.contains(document.activeElement)) inboxNow().focus({ preventScroll: true });
  undo.hidden = true;
});

// --- Keys ---

const keys = document.getElementById("keys");
const isOn = keys.querySelector("input");

const entries = () => [...inboxNow().querySelectorAll(".entry")];
const current = () => document.activeElement.closest("#inbox .entry");
const focusOn = (entry) => entry?.querySelector("h3 > [id]").focus();
const mark = (type) => {
  const row = document.activeElement.closest("#inbox li") ?? current();
  row?.querySelector(`:scope > form[data-mark="${type}"]`)?.requestSubmit();
};
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
    keys.open = true;
    keys.querySelector("summary").focus();
  },
};

// Only while the focus is in the inbox or nowhere, so that no key means anything in a field, a menu or a dialog.
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const isHere = target === document.body || target.closest("#inbox, #undo, #keys");
  const isShortcut =
    !(event.ctrlKey || event.altKey || event.metaKey || event.isComposing) && Object.hasOwn(actions, key);
  if (!isHere || !isShortcut || !isOn.checked) return;
  event.preventDefault();
  actions[key]();
});

try {
  isOn.checked = localStorage.getItem(KEYS) !== "off";
} catch {} // the browser forbids storage
isOn.addEventListener("change", () => {
  try {
    localStorage.setItem(KEYS, isOn.checked ? "on" : "off");
  } catch {}
});
