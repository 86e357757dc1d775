// Toasts: they show the notifications that have just arrived, a few at a time, one for each event, with a link.

const MAX_TOASTS = 3;
const TOAST_MS = 12_000;

const toasts = document.getElementById("toasts");
const template = document.getElementById("toast").content.firstElementChild;
const more = document.getElementById("toast-more").content.firstElementChild.cloneNode();
let hiddenCount = 0;
// Where the focus was before somebody went to the toasts.
let cameFrom = null;

toasts.addEventListener("focusin", ({ relatedTarget }) => {
  if (!toasts.contains(relatedTarget)) cameFrom = relatedTarget;
});

/** Show a notification. `onLeave` is called with its id after its time is over, or when it is dismissed. */
export function showToast(notification, onLeave) {
  const toast = template.cloneNode(true);
  const part = (name) => toast.querySelector(`[data-${name}]`);
  toast.dataset.id = part("open").dataset.read = notification.id;
  toast.dataset.event = notification.event ?? "";
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
  const former = notification.event && toasts.querySelector(`[data-event="${notification.event}"]`);
  if (former) {
    toasts.insertBefore(toast, former);
    takeAway(former);
  } else toasts.insertBefore(toast, more.parentNode ? more : null);
  const shown = [...toasts.querySelectorAll("[data-id]")].sort((one, other) => one.dataset.id - other.dataset.id);
  if (shown.length > MAX_TOASTS) {
    takeAway(shown[0]);
    showMore(hiddenCount + 1);
  }
  setTimeout(leave, TOAST_MS, remove);
}

/** Return the URL of the event's page, or of the inbox if the event no longer exists. */
export function urlOf({ event }) {
  return event ? `/events/${event}/` : template.querySelector("[data-open]").getAttribute("href");
}

export function removeToasts(isRead) {
  for (const toast of toasts.querySelectorAll("[data-id]")) if (isRead(+toast.dataset.id)) removeToast(toast);
}

/** Remove a toast, but not while somebody is reading it or while the page is hidden. */
function leave(remove) {
  if (document.hidden || toasts.matches(":hover, :focus-within")) setTimeout(leave, TOAST_MS / 2, remove);
  else remove();
}

/** Take a toast away. If the focus was in it, it goes to the next toast, or back to where it came from. */
function takeAway(toast) {
  const hadFocus = toast.contains(document.activeElement);
  toast.remove();
  if (!hadFocus) return;
  const before = cameFrom;
  const back = before?.isConnected ? before : document.getElementById("main");
  (toasts.querySelector("[data-dismiss]") ?? back).focus({ preventScroll: true });
  cameFrom = before;
}

function removeToast(toast) {
  takeAway(toast);
  if (!toasts.querySelector("[data-id]")) showMore(0);
}

function showMore(count) {
  hiddenCount = count;
  more.textContent = more.dataset.text.replace("{count}", count);
  if (count) toasts.append(more);
  else more.remove();
}
