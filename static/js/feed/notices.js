// Notices of the operating system, for who has asked for them in this browser: what comes while nobody looks.

import { sentence } from "./toasts.js";

const MAX_NOTICES = 3; // of what comes at once
const { icon } = JSON.parse(document.getElementById("feed-config").textContent);
const key = `notices ${document.body.dataset.user}`;
const shown = new Map();
let isPossible = "Notification" in globalThis;

/** Whether notices are "on" or "off", "denied" by the browser's settings, or "impossible". */
export function noticesState() {
  if (!isPossible) return "impossible";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && isWanted() ? "on" : "off";
}

/** Show notices from now on, the first of them with these words. Only on a click: browsers ask nobody else. */
export async function switchOn(headline, body) {
  if ((await Notification.requestPermission()) !== "granted") return;
  try {
    new Notification(headline, { body, icon, tag: key });
    localStorage.setItem(key, "on");
  } catch {
    isPossible = false; // on Android pages may not; or storage is forbidden
  }
}

export function switchOff() {
  localStorage.removeItem(key);
}

/** Show the newest of these notifications; the system replaces a notice of the same tag. `onOpen` gets what is clicked. */
export function showNotices(notifications, onOpen) {
  if (noticesState() !== "on") return;
  for (const each of notifications.slice(-MAX_NOTICES)) {
    const notice = new Notification(each.headline, { body: sentence(each), icon, tag: `${key} ${each.id}` });
    notice.onclick = () => {
      notice.close();
      onOpen(each);
    };
    shown.set(each.id, notice);
  }
}

export function closeNotices(isRead) {
  for (const [id, notice] of shown) {
    if (!isRead(id)) continue;
    notice.close();
    shown.delete(id);
  }
}

function isWanted() {
  try {
    return localStorage.getItem(key) === "on";
  } catch {
    return false;
  }
}
