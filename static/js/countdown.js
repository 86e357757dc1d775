// The event's page: count down the last hours before the start on a page that stays open.

const HOURS_SHOWN = 6;
const MINUTE_MS = 60_000;
const pill = document.querySelector("[data-start]");
let waiting = 0;

function update() {
  const { start, minutes, hours, hoursMinutes, begun } = pill.dataset;
  const remaining = new Date(start) - Date.now();
  const count = Math.ceil(remaining / MINUTE_MS);
  if (count <= HOURS_SHOWN * 60) {
    const [h, m] = [Math.floor(count / 60), count % 60];
    const text = count <= 0 ? begun : !h ? minutes : m ? hoursMinutes : hours;
    const shown = text.replace("{h}", h).replace("{m}", m);
    if (pill.textContent.trim() !== shown) pill.textContent = shown;
  }
  clearTimeout(waiting);
  if (count > 0) waiting = setTimeout(update, (remaining % MINUTE_MS) + 50);
}

if (pill) update();
document.addEventListener("visibilitychange", () => pill && !document.hidden && update());
