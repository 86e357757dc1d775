// Toasts: what has just arrived, a few at a time, with one thing to do.

const MAX_TOASTS = 3;
const TOAST_MS = 12_000;

const { timeZone, words } = JSON.parse(document.getElementById("feed-config").textContent);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const toasts = document.getElementById("toasts");
const template = document.getElementById("toast").content.firstElementChild;
const more = document.getElementById("toast-more").content.firstElementChild.cloneNode();
let hiddenCount = 0;

/** Show a notification; `onLeave` is called with its id when it has been looked at or dismissed. */
export function showToast(notification, onLeave) {
  const toast = template.cloneNode(true);
  const part = (name) => toast.querySelector(`[data-${name}]`);
  toast.dataset.id = part("open").dataset.read = notification.id;
  part("open").href = addressOf(notification);
  part("headline").textContent = notification.headline;
  part("sentence").textContent = sentence(notification);
  const remove = () => {
    if (toast.isConnected) onLeave(notification.id);
    removeToast(toast);
  };
  part("dismiss").addEventListener("click", remove);
  toasts.insertBefore(toast, more.parentNode ? more : null);
  const [oldest, ...others] = toasts.querySelectorAll("[data-id]");
  if (others.length >= MAX_TOASTS) {
    oldest.remove();
    showMore(hiddenCount + 1);
  }
  setTimeout(leave, TOAST_MS, remove);
}

/** The page about the event; the inbox where the event is gone. */
export function addressOf({ event }) {
  return event ? `/events/${event}/` : template.querySelector("[data-open]").getAttribute("href");
}

export function removeToasts(isRead) {
  for (const toast of toasts.querySelectorAll("[data-id]")) if (isRead(+toast.dataset.id)) removeToast(toast);
}

/** Let a toast go, unless somebody is just reading it or nobody has been looking. */
function leave(remove) {
  if (document.hidden || toasts.matches(":hover, :focus-within")) setTimeout(leave, TOAST_MS / 2, remove);
  else remove();
}

function removeToast(toast) {
  toast.remove();
  if (!toasts.querySelector("[data-id]")) showMore(0);
}

function showMore(count) {
  hiddenCount = count;
  more.textContent = fill(words.more, { count });
  if (count) toasts.append(more);
  else more.remove();
}

/** What a notification says beside its headline. */
export function sentence({ kind, starts_at: startsAt, time_zone: zone, detail: { before, after, text } }) {
  if (kind === "reminder") return fill(words.reminder, { distance: distance(startsAt, zone) });
  if (kind === "cancelled") return words.cancelled;
  if (kind === "relocated") return after.location ? fill(words.relocated, { place: after.location }) : words.placeless;
  if (kind !== "rescheduled") return text;
  if (before.starts_at === after.starts_at) return words.ended;
  const isDays = after.ends_at && isMidnight(after.starts_at, zone) && isMidnight(after.ends_at, zone);
  return fill(words.rescheduled, {
    time: isDays ? format(after.starts_at, DAY, zone) : format(after.starts_at, MOMENT, timeZone),
  });
}

// Plain "en" would put the month first, unlike the pages.
const locale = document.documentElement.lang.replace(/^en$/, "en-GB");
const DAY = { weekday: "short", day: "numeric", month: "short" };
const MOMENT = { ...DAY, hour: "2-digit", minute: "2-digit" };
const format = (iso, shown, zone) =>
  new Intl.DateTimeFormat(locale, { ...shown, timeZone: zone }).format(new Date(iso));

function isMidnight(iso, zone) {
  const shown = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
  return new Intl.DateTimeFormat("en-GB", shown).format(new Date(iso)) === "00:00";
}

/** How far off a moment is: "in 1 hour"; from a midnight, which may stand for the whole day, in days: "tomorrow". */
function distance(iso, zone) {
  const relative = (...args) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(...args);
  if (isMidnight(iso, zone)) return relative(dayNumber(iso, zone) - dayNumber(new Date(), timeZone), "day");
  const minutes = Math.max(0, Math.round((Date.parse(iso) - Date.now()) / 60_000));
  const isIn = (size) => minutes >= 3 * size || (minutes >= size && minutes % size === 0);
  const [size, unit] = isIn(1440) ? [1440, "day"] : isIn(60) ? [60, "hour"] : [1, "minute"];
  return new Intl.RelativeTimeFormat(locale).format(Math.round(minutes / size), unit);
}

function dayNumber(moment, zone) {
  const shown = { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone };
  return Date.parse(new Intl.DateTimeFormat("en-CA", shown).format(new Date(moment))) / 86_400_000;
}
