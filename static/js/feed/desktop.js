// Desktop notifications: if people have turned them on in this browser, the operating system shows what arrives while
// no page of the site is visible. The system shows each tag only once, so the newest of an event replaces the others.

const MAX_SHOWN = 3; // of those that arrive together
const { icon } = JSON.parse(document.getElementById("feed-config").textContent);
const key = `notices ${document.body.dataset.user}`; // browsers remember the choice under this older name
const shown = new Map(); // by tag
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

/** Show the newest of these, one for each event. `onOpen` is called with the one that is clicked. */
export function showOnDesktop(notifications, onOpen) {
  if (desktopState() !== "on") return;
  const newest = new Map(notifications.map((each) => [tagOf(each), each]));
  for (const [tag, each] of [...newest].slice(-MAX_SHOWN)) {
    const options = { body: bodyOf(each), icon, tag, renotify: true }; // otherwise a replacement makes no sound
    const onDesktop = new Notification(each.headline, options);
    onDesktop.onclick = () => {
      onDesktop.close();
      onOpen(each);
    };
    shown.set(tag, { id: each.id, onDesktop });
  }
}

export function closeOnDesktop(isRead) {
  for (const [tag, { id, onDesktop }] of shown) {
    if (!isRead(id)) continue;
    onDesktop.close();
    shown.delete(tag);
  }
}

function tagOf({ event, id }) {
  return event ? `${key} event ${event}` : `${key} ${id}`;
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
