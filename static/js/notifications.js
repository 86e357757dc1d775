// The inbox: keep it up to date, including the older pages that have been opened, and offer to undo what was marked as
// read.

import { keepFresh } from "./live.js";
import { append, nextUrl, pagesOf } from "./more.js";
import { answered, fetchPart, say, sayIfUnreachable } from "./part.js";

const UNDO_MS = 60_000;

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

// "Mark all as read" goes with what it has marked, before or after the answer comes. The focus is on the inbox then.
let usesAll = false;
document.addEventListener("submit", ({ submitter }) => {
  usesAll = submitter?.id === "mark-all";
});

document.addEventListener("feed:marked", ({ detail: { type, readAt } }) => {
  if (type === "read" && readAt) {
    offerUndo(readAt);
    if (usesAll && document.activeElement.matches("#mark-all, #inbox, body")) undo.elements.read_at.focus();
    return;
  }
  if (type === "unread") say(undo.dataset.said);
  if (undo.contains(document.activeElement)) inboxNow().focus({ preventScroll: true });
  undo.hidden = true;
});

// --- Keys ---

const keys = document.getElementById("keys");
const isOn = keys.querySelector("input");
const loadKeys = () => answered(import("./inbox-keys.js")); // only once somebody uses them
keys.addEventListener("toggle", () => loadKeys().catch(sayIfUnreachable), { once: true });

// Only while the focus is in the inbox or nowhere, so that no key means anything in a field, a menu or a dialog.
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  const isHere = target === document.body || target.closest("#inbox, #undo, #keys");
  if (!isHere || !isOn.checked || !/^[jkoeuz?]$/.test(key) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  loadKeys().then(({ press }) => press(key), sayIfUnreachable);
});
