// The feed: what arrives comes through one socket, or by asking every few seconds where no socket opens.
// It keeps the bell, the title and the toasts, and sends `feed:changed` to the document when the inbox has changed.

const API = "/api/v1/notifications/";
const HELLO_SIZE = 50; // at most so many unread notifications are in a hello
const SIGNED_OUT = 4401; // the close code of a socket whose login does not hold
const POLL_AFTER_MS = 4_000; // without a socket
const POLL_MS = 5_000;
const POLL_MAX_MS = 60_000;
const RETRY_MS = 500;
const RETRY_MAX_MS = 30_000;
const ANSWER_WITHIN_MS = 10_000;
const MAX_TOASTS = 3;
const TOAST_MS = 12_000;

const { url, unread: unreadIds, maxCounted, timeZone, words, muted } = JSON.parse(
  document.getElementById("feed-config").textContent,
);

const jittered = (delay) => delay * (0.5 + Math.random() / 2);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// --- What the page knows ---

const known = new Set(unreadIds);
// The page knows the newest unread only: what is older than those is not news.
const floor = unreadIds.length > maxCounted ? Math.min(...unreadIds) : 0;
let newestId = Math.max(0, ...unreadIds);
let unread = unreadIds.length;

/** Take in notifications that may repeat, and the number of unread ones. */
function receive(notifications, count) {
  const news = notifications.filter(({ id, read_at }) => !read_at && id > floor && !known.has(id));
  for (const { id } of notifications) {
    known.add(id);
    newestId = Math.max(newestId, id);
  }
  const isChanged = news.length > 0 || Math.min(count, maxCounted + 1) !== unread;
  showUnread(count);
  news.filter(({ kind }) => !muted.includes(kind)).forEach(showToast);
  if (isChanged) announceChange();
}

function forgetRead({ ids = [], up_to: upTo = 0, unread: count }) {
  showUnread(count);
  removeToasts((id) => id <= upTo || ids.includes(id));
  announceChange();
}

function announceChange() {
  document.dispatchEvent(new CustomEvent("feed:changed"));
}

// --- The socket ---

let socket = null;
let isLive = false; // greeted, and not closed since
let wasLive = false;
let failures = 0;
let retry = 0;
let silence = 0;

function connect() {
  clearTimeout(retry);
  if (socket && socket.readyState <= WebSocket.OPEN) return;
  socket = new WebSocket(url ?? `${location.origin.replace("http", "ws")}/ws/notifications/`);
  socket.onmessage = ({ data }) => handleFrame(JSON.parse(data));
  socket.onclose = ({ code }) => handleClose(code);
  expectAnswer();
}

/** Give up on a connection that says nothing. */
function expectAnswer() {
  const awaited = socket;
  clearTimeout(silence);
  silence = setTimeout(() => {
    awaited.onclose = awaited.onmessage = null; // its goodbye may take minutes
    awaited.close();
    handleClose(0);
  }, ANSWER_WITHIN_MS);
}

function handleFrame(frame) {
  clearTimeout(silence);
  if (frame.type === "hello") {
    isLive = true;
    failures = 0;
    stopPolling();
    showState("live");
    const lastId = newestId;
    receive(frame.notifications, frame.unread);
    // A shorter hello has left nothing out.
    if (wasLive && frame.notifications.length >= HELLO_SIZE) resume(lastId);
    wasLive = true;
  } else if (frame.type === "notifications") {
    receive(frame.notifications, frame.unread);
  } else if (frame.type === "read") {
    forgetRead(frame);
  } else if (frame.type === "reload") {
    announceChange();
  }
}

/** Ask for what came after an id; it is answered in any case. */
function resume(after) {
  socket.send(JSON.stringify({ type: "resume", after }));
  expectAnswer();
}

function handleClose(code) {
  clearTimeout(silence);
  socket = null;
  if (isLive) showState("connecting");
  isLive = false;
  pollSoon(code === SIGNED_OUT ? 0 : POLL_AFTER_MS); // asking tells whether the login holds
  const delay = Math.min(RETRY_MS * 2 ** failures++, RETRY_MAX_MS);
  retry = setTimeout(connect, jittered(delay));
}

/** Try at once: the page is looked at again, or the network is back. */
function wake() {
  failures = 0;
  if (isLive) {
    resume(Number.MAX_SAFE_INTEGER); // after a sleep the socket may be dead without knowing it
  } else {
    connect();
    pollSoon(0);
  }
}

// --- Polling ---

let poll = 0;
let pollDelay = POLL_MS;
let isPolling = false;

function pollSoon(delay) {
  if (isPolling && delay) return;
  clearTimeout(poll);
  isPolling = true;
  poll = setTimeout(ask, delay);
}

function stopPolling() {
  clearTimeout(poll);
  isPolling = false;
  pollDelay = POLL_MS;
}

async function ask() {
  try {
    const [list, count] = await Promise.all([call(`?unread=true&after=${newestId}&page_size=100`), call("unread-count/")]);
    if (isLive) return;
    pollDelay = POLL_MS;
    showState("delayed");
    receive(list.results, count.unread);
    if (count.unread === 0) removeToasts(() => true);
  } catch (error) {
    if (isLive) return;
    if (error.status === 401 || error.status === 403) return signOut();
    pollDelay = Math.min(pollDelay * 2, POLL_MAX_MS);
    showState("offline");
  }
  clearTimeout(poll); // of an `ask` that overlapped this one
  poll = setTimeout(ask, jittered(pollDelay));
}

/** Call the API with the session; returns what it answers, or throws an error with its status. */
async function call(path, options) {
  const response = await fetch(API + path, options);
  if (!response.ok) throw Object.assign(new Error(response.statusText), { status: response.status });
  return response.json();
}

function signOut() {
  clearTimeout(retry);
  stopPolling();
  showState("signedOut");
}

// --- Marking read ---

async function markRead(ids) {
  if (isLive) {
    socket.send(JSON.stringify({ type: "read", ids }));
    removeToasts((id) => ids.includes(id)); // the count comes back
    return;
  }
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  const request = { method: "POST", headers, body: JSON.stringify({ ids }), keepalive: true }; // the page may be left
  forgetRead({ ids, ...(await call("mark-read/", request)) });
}

// A link that is marked so says with its click that the notification has been read.
document.addEventListener("click", ({ target }) => {
  const id = target.closest("[data-read]")?.dataset.read;
  if (id) markRead([Number(id)]).catch(() => {}); // it stays unread, no more
});

// --- The bell, the title, the state ---

const bell = document.getElementById("bell");
const state = document.getElementById("feed-state");
const title = document.title.replace(/^\(\d+\+?\) /, "");

function showUnread(count) {
  unread = Math.min(count, maxCounted + 1);
  const label = unread > maxCounted ? `${maxCounted}+` : String(unread);
  bell.querySelector("[data-unread]").textContent = label;
  for (const part of bell.querySelectorAll("[data-unread], [data-unread-word]")) part.hidden = !unread;
  document.title = unread ? `(${label}) ${title}` : title;
}

function showState(name) {
  state.dataset.state = name;
  state.querySelector("[data-word]").textContent = words[name];
}

// --- Toasts ---

const toasts = document.getElementById("toasts");
const template = document.getElementById("toast").content.firstElementChild;
const more = document.getElementById("toast-more").content.firstElementChild.cloneNode();
let hiddenCount = 0;

function showToast(notification) {
  const toast = template.cloneNode(true);
  const part = (name) => toast.querySelector(`[data-${name}]`);
  toast.dataset.id = part("open").dataset.read = notification.id;
  if (notification.event) part("open").href = `/events/${notification.event}/`;
  part("headline").textContent = notification.headline;
  part("sentence").textContent = sentence(notification);
  part("dismiss").addEventListener("click", () => removeToast(toast));
  toasts.insertBefore(toast, more.parentNode ? more : null);
  const [oldest, ...others] = toasts.querySelectorAll("[data-id]");
  if (others.length >= MAX_TOASTS) {
    oldest.remove();
    showMore(hiddenCount + 1);
  }
  setTimeout(leave, TOAST_MS, toast);
}

/** Let a toast go, unless somebody is just reading it or nobody has been looking. */
function leave(toast) {
  if (document.hidden || toasts.matches(":hover, :focus-within")) setTimeout(leave, TOAST_MS / 2, toast);
  else removeToast(toast);
}

function removeToast(toast) {
  toast.remove();
  if (!toasts.querySelector("[data-id]")) showMore(0);
}

function removeToasts(isRead) {
  for (const toast of toasts.querySelectorAll("[data-id]")) if (isRead(+toast.dataset.id)) removeToast(toast);
}

function showMore(count) {
  hiddenCount = count;
  more.textContent = fill(words.more, { count });
  if (count) toasts.append(more);
  else more.remove();
}

function sentence({ kind, starts_at: startsAt, detail: { before, after, text } }) {
  if (kind === "reminder") return fill(words.reminder, { distance: distance(startsAt) });
  if (kind === "cancelled") return words.cancelled;
  if (kind === "relocated") return after.location ? fill(words.relocated, { place: after.location }) : words.placeless;
  if (kind !== "rescheduled") return text;
  if (before.starts_at === after.starts_at) return words.ended;
  return fill(words.rescheduled, { time: moment(after.starts_at) });
}

// Plain "en" would put the month first, unlike the pages.
const locale = document.documentElement.lang.replace(/^en$/, "en-GB");

/** How far off a moment is: "in 1 hour". */
function distance(iso) {
  const minutes = Math.max(0, Math.round((Date.parse(iso) - Date.now()) / 60_000));
  const isIn = (size) => minutes >= 3 * size || (minutes >= size && minutes % size === 0);
  const [size, unit] = isIn(1440) ? [1440, "day"] : isIn(60) ? [60, "hour"] : [1, "minute"];
  return new Intl.RelativeTimeFormat(locale).format(Math.round(minutes / size), unit);
}

/** A moment on the reader's clock: "Fri 4 Dec, 18:00". */
function moment(iso) {
  const shown = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone };
  return new Intl.DateTimeFormat(locale, shown).format(new Date(iso));
}

// --- Begin ---

showUnread(unread);
connect();
pollSoon(POLL_AFTER_MS);
document.addEventListener("visibilitychange", () => document.hidden || wake());
addEventListener("online", wake);
