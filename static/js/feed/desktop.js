// Desktop notifications: for people who have turned them on in this browser, the operating system shows what arrives
// while nobody looks at the site.

const MAX_SHOWN = 3; // of what arrives at once
const { icon } = JSON.parse(document.getElementById("feed-config").textContent);
const key = `notices ${document.body.dataset.user}`; // browsers remember the choice under this older name
const shown = new Map();
let isPossible = "Notification" in globalThis;

/** Whether desktop notifications are "on" or "off", "denied" by the browser's settings, or "impossible". */
export function desktopState() {
  if (!isPossible) return "impossible";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && isWanted() ? "on" : "off";
}

/** Show desktop notifications from now on, the first with these words. Only on a click: otherwise browsers refuse. */
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

/** Show the newest of these notifications; the system replaces one of the same tag. `onOpen` gets what is clicked. */
export function showOnDesktop(notifications, onOpen) {
  if (desktopState() !== "on") return;
  for (const each of notifications.slice(-MAX_SHOWN)) {
    const onDesktop = new Notification(each.headline, { body: bodyOf(each), icon, tag: `${key} ${each.id}` });
    onDesktop.onclick = () => {
      onDesktop.close();
      onOpen(each);
    };
    shown.set(each.id, onDesktop);
  }
}

export function closeOnDesktop(isRead) {
  for (const [id, onDesktop] of shown) {
    if (!isRead(id)) continue;
    onDesktop.close();
    shown.delete(id);
  }
}

/** What the server says, a line each; a feed of the previous version says nothing. */
function bodyOf({ wording: { sentence, own_time: ownTime, quote } = {} }) {
  return [sentence, ownTime, quote].filter(Boolean).join("\n");
}

function isWanted() {
  try {
    return localStorage.getItem(key) === "on";
  } catch {
    return false;
  }
}
