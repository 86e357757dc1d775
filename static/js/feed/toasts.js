// Toasts: what has just arrived, a few at a time, with one thing to do.

const MAX_TOASTS = 3;
const TOAST_MS = 12_000;

const toasts = document.getElementById("toasts");
const template = document.getElementById("toast").content.firstElementChild;
const more = document.getElementById("toast-more").content.firstElementChild.cloneNode();
let hiddenCount = 0;

/** Show a notification; `onLeave` is called with its id when it has been looked at or dismissed. */
export function showToast(notification, onLeave) {
  const toast = template.cloneNode(true);
  const part = (name) => toast.querySelector(`[data-${name}]`);
  toast.dataset.id = part("open").dataset.read = notification.id;
  part("open").href = urlOf(notification);
  part("headline").textContent = notification.headline;
  const { wording = {} } = notification; // a feed of the previous version sends none
  for (const line of toast.querySelectorAll("[data-wording]")) {
    line.textContent = wording[line.dataset.wording] ?? "";
    if (!line.textContent) line.remove();
  }
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
export function urlOf({ event }) {
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
  more.textContent = more.dataset.text.replace("{count}", count);
  if (count) toasts.append(more);
  else more.remove();
}
