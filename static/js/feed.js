// The feed: all tabs of a user receive notifications through one connection. This script updates the bell and the
// title, shows toasts and desktop notifications, and dispatches `feed:changed` to the document when the inbox has
// changed.

import { showState, showUnread } from "./feed/bell.js";
import { Connection, call } from "./feed/connection.js";
import { closeOnDesktop, showOnDesktop } from "./feed/desktop.js";
import { Tabs } from "./feed/tabs.js";
import { removeToasts, showToast, urlOf } from "./feed/toasts.js";
import { Watch } from "./feed/watch.js";
import { sayIfUnreachable } from "./part.js";

const LEADER_ANSWERS_MS = 2_000;
const COLLECT_MS = 200;
const LOOK_UP_MS = 500;
const SEEN_MS = 1_000;
// What was written so long before the page was made, and is unread, is unread again: it has not just arrived.
const LATE_MS = 300_000;

const config = JSON.parse(document.getElementById("feed-config").textContent);
const { url, locale, at, unread: unreadIds, maxCounted, helloSize, muted } = config;
const { user } = document.body.dataset;

// --- What the page knows ---

const known = new Set(unreadIds);
const read = new Set();
let readUpTo = 0;
// The page knows only the ids of the newest unread notifications. Older ones than those have not just arrived.
const floor = unreadIds.length > maxCounted ? Math.min(...unreadIds) : 0;
let newestId = Math.max(0, ...unreadIds);
const isLate = ({ created_at }) => Date.parse(created_at) < Date.parse(at) - LATE_MS;

function handle(frame) {
  if (frame.type === "hello") {
    const listed = frame.notifications.map(({ id }) => id);
    const oldest = listed.length < helloSize ? 0 : Math.min(...listed);
    dismiss((id) => id >= oldest && !listed.includes(id)); // they have been read meanwhile
    receive(frame);
  } else if (frame.type === "notifications") {
    receive(frame);
  } else if (frame.type === "read") {
    forgetRead(frame);
  } else if (frame.type === "unread") {
    noteUnread(frame);
  } else if (frame.type === "reload") {
    announceChange();
  }
}

/** Show notifications, some of which may be known already, and the number of unread ones. */
function receive({ notifications, unread }) {
  const arrived = notifications.filter(
    (each) => !each.read_at && each.id > floor && !known.has(each.id) && !isLate(each),
  );
  for (const { id } of notifications) {
    known.add(id);
    newestId = Math.max(newestId, id);
  }
  const isChanged = showUnread(unread) || arrived.length > 0;
  const wanted = arrived.filter(({ kind }) => !muted.includes(kind));
  for (const each of wanted) showToast(each, (id) => tabs.post({ type: "seen", id }));
  if (document.hidden && tabs.isLeader) showOutside(wanted);
  if (isChanged) announceChange();
}

function forgetRead({ ids = [], up_to: upTo = 0, unread }) {
  const isChanged = upTo > readUpTo || ids.some((id) => id > readUpTo && !read.has(id));
  readUpTo = Math.max(readUpTo, upTo);
  for (const id of ids) read.add(id);
  dismiss((id) => id <= upTo || ids.includes(id));
  if (showUnread(unread) || isChanged) announceChange();
}

/** Count again what is unread again, without showing it as if it had just arrived. Undoing many names no ids. */
function noteUnread({ ids = [], unread }) {
  const isChanged = !ids.length || ids.some((id) => !known.has(id) || read.has(id) || id <= readUpTo);
  readUpTo = 0;
  for (const id of ids) {
    known.add(id);
    read.delete(id);
  }
  if (showUnread(unread) || isChanged) announceChange();
}

/** Remove toasts and desktop notifications that have been read or seen. */
function dismiss(isRead) {
  removeToasts(isRead);
  closeOnDesktop(isRead);
  unshown = unshown.filter(({ id }) => !isRead(id));
}

function announceChange() {
  document.dispatchEvent(new CustomEvent("feed:changed"));
}

// --- The tabs and their connection ---

const connection = new Connection({
  url,
  locale,
  helloSize,
  onFrame(frame) {
    handle(frame);
    keepWatch();
    tabs.post({ type: "frame", frame });
  },
  onState: shareState,
});

// Only tabs of the same version share a connection: the URL of this file changes with its content. They must also have
// the same language and time zone, because what arrives is worded for them.
const tabs = new Tabs(`feed ${user} ${new URLSearchParams(locale)} ${import.meta.url}`, {
  onLead() {
    clearTimeout(patience);
    connection.start();
  },
  onDemote: () => connection.stop(),
  onMessage: handleMessage,
});

const watch = new Watch({
  onSilent() {
    if (tabs.isLeader) connection.ping();
    else tabs.post({ type: "ping" });
  },
  onDead() {
    if (tabs.isLeader) return; // the connection itself closes a socket that does not answer
    shareState("delayed");
    tabs.steal();
  },
});

let patience = 0;
let joining = 0;
let resumeAfter = Infinity;
// Whether the connection is live, and its server answers pings.
let isPingable = false;

function shareState(state) {
  const { pings } = connection;
  noteState(state, pings);
  tabs.post({ type: "state", state, pings, isHidden: document.hidden });
}

function noteState(state, pings) {
  showState(state);
  isPingable = state === "live" && pings;
  keepWatch();
}

function keepWatch() {
  watch.restart(isPingable && !document.hidden);
}

function handleMessage({ type, frame, state, pings, isHidden, after, id }) {
  if (type === "frame") {
    handle(frame);
    keepWatch();
    if (!document.hidden) tabs.post({ type: "watched" });
  } else if (type === "marked") handle(frame);
  else if (type === "watched") unshown = [];
  else if (type === "seen") dismiss((shown) => shown === id);
  else if (type === "state" && !tabs.isLeader) updateState(state, pings, isHidden);
  else if (type === "join" && tabs.isLeader) admit(after);
  else if (type === "ping" && tabs.isLeader) connection.ping();
  else if (type === "wake" && tabs.isLeader) {
    connection.wake();
    shareState(connection.state);
  }
}

function updateState(state, pings, isHidden) {
  clearTimeout(patience);
  noteState(state, pings);
  // Without a socket, the leader depends on timers, and browsers slow down the timers of hidden tabs.
  if (isHidden && !document.hidden && !["live", "signedOut"].includes(state)) tabs.steal();
}

/** Send a tab that has opened what arrived while it was loading, after the id `after`. */
function admit(after) {
  connection.start(); // it may have stopped, because the login had ended
  if (connection.state) shareState(connection.state);
  resumeAfter = Math.min(resumeAfter, after);
  clearTimeout(joining);
  joining = setTimeout(() => {
    connection.resume(resumeAfter);
    resumeAfter = Infinity;
  }, COLLECT_MS);
}

/** Send the leader a message, and become the leader if it does not answer. */
function askLeader(message) {
  tabs.post(message);
  clearTimeout(patience);
  patience = setTimeout(() => tabs.steal(), LEADER_ANSWERS_MS);
}

function wake() {
  if (tabs.isLeader) connection.wake();
  else askLeader({ type: "wake" });
}

function begin() {
  tabs.join();
  askLeader({ type: "join", after: newestId });
}

function end() {
  clearTimeout(patience);
  isPingable = false;
  keepWatch();
  tabs.leave();
}

// --- Desktop notifications ---

let unshown = [];
let showing = 0;

/** Show desktop notifications, unless another tab replies within LOOK_UP_MS that it is visible. */
function showOutside(notifications) {
  unshown.push(...notifications);
  clearTimeout(showing);
  showing = setTimeout(() => {
    showOnDesktop(unshown, openFromDesktop);
    unshown = [];
  }, LOOK_UP_MS);
}

function openFromDesktop(notification) {
  focus();
  markRead({ ids: [notification.id] }).catch(() => {});
  if (isHalfFilled()) open(urlOf(notification));
  else location.assign(urlOf(notification));
}

/** Return whether leaving the page would discard what somebody has typed. */
function isHalfFilled() {
  const fields = document.querySelectorAll("main :is(input, textarea)");
  return [...fields].some((field) => field.value !== field.defaultValue || field.checked !== field.defaultChecked);
}

// --- Marking read and unread ---

/**
 * Mark notifications "read" or "unread" on the server and in all tabs: `{ids}`, `{all: true, up_to}`, or `{read_at}` to
 * undo. Return the server's answer.
 */
async function mark(type, what) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const request = { method: "POST", headers, body: JSON.stringify(what), keepalive: true }; // the page may be unloaded
  const answer = await call(`mark-${type}/`, request);
  const frame = { type, ...what, ...answer };
  handle(frame);
  tabs.post({ type: "marked", frame });
  return answer;
}

const markRead = (what) => mark("read", what);

// A click on a link with `data-read` marks that notification read.
document.addEventListener("click", ({ target }) => {
  const id = target.closest("[data-read]")?.dataset.read;
  if (id) markRead({ ids: [Number(id)] }).catch(() => {}); // if it fails, the notification stays unread
});

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-mark]");
  if (!form) return;
  event.preventDefault();
  const type = form.dataset.mark;
  const { id, ids = id, up_to: upTo, read_at: readAt } = form.elements;
  const marked = [];
  try {
    if (Number(upTo?.value)) marked.push(await mark(type, { all: true, up_to: Number(upTo.value) }));
    if (ids?.value) marked.push(await mark(type, { ids: ids.value.split(",").map(Number) }));
    for (const moment of readAt?.value.split(",") ?? []) await mark(type, { read_at: moment });
    const detail = { type, readAt: marked.map((answer) => answer.read_at).join() };
    document.dispatchEvent(new CustomEvent("feed:marked", { detail }));
  } catch (error) {
    if (!sayIfUnreachable(error)) form.submit(); // the browser then shows the error
  }
});

// What an event's page shows of the inbox is marked as read once the page has been visible for a moment.
const unreadForm = document.querySelector("form[data-seen]");
let seeing = 0;

function waitUntilSeen() {
  clearTimeout(seeing);
  if (unreadForm && !document.hidden) seeing = setTimeout(markSeen, SEEN_MS);
}

async function markSeen() {
  document.removeEventListener("visibilitychange", waitUntilSeen);
  try {
    await markRead({ ids: unreadForm.elements.ids.value.split(",").map(Number) });
    if (!unreadForm.contains(document.activeElement)) unreadForm.remove();
  } catch {} // it stays unread
}

document.addEventListener("visibilitychange", waitUntilSeen);
waitUntilSeen();

// --- Begin ---

// If somebody else has logged in with this browser, the feed's notifications are no longer for this page.
const users = globalThis.BroadcastChannel && new BroadcastChannel("feed user");
users?.postMessage(user);
users?.addEventListener("message", ({ data }) => {
  if (data === user) return;
  end();
  showState("signedOut");
});

begin();
document.addEventListener("visibilitychange", () => {
  keepWatch();
  if (document.hidden) return;
  closeOnDesktop(() => true);
  wake();
});
addEventListener("online", wake);
addEventListener("offline", () => tabs.isLeader && connection.lose());
navigator.connection?.addEventListener("change", wake);
addEventListener("pagehide", end);
addEventListener("pageshow", ({ persisted }) => persisted && begin());
