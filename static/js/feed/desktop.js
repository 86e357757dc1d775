// Desktop notifications: if people have turned them on in this browser, the operating system shows what arrives while
// no page of the site is visible.

const MAX_SHOWN = 3; // of those that arrive together
const { icon } = JSON.parse(document.getElementById("feed-config").textContent);
const key = `notices ${document.body.dataset.user}`; // browsers remember the choice under this older name
const shown = new Map();
let isPossible = "Notification" in globalThis;

/** Return whether desktop notifications are "on" or "off", "denied" by the browser's settings, or "impossible". */
export function desktopState() {
  if (!isPossible) return "impossible";
  if (Notification.permission === "denied") return "denied";
  return Notification.permission === "granted" && isWanted() ? "on" : "off";
}

/** Turn on desktop notifications and show a first one. Call this only on a click, as browsers require. */
export async function switchOn(headline, body) {
  if ((await Notification.requestPermission()) !== "granted") return;
  try {
    new Notification(headline, { body, icon, tag: key });
    localStorage.setItem(key, "on");
  } catch {
    isPossible = false; // Android does not allow pages to show notifications, or the browser forbids storage
  }
}

export function switchOff() {
  localStorage.removeItem(key);
}

/** Show the newest of these. `onOpen` is called with the one that is clicked. The system shows each tag only once. */
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

/** Return the wording, a line for each part. A feed of the previous version sends none. */
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
