// The links of a strip of days, or of other elements with `data-strip`, are one tab stop. Arrow keys, Home and End move
// between them.

const STEPS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
const stopsOf = (strip) => [...strip.querySelectorAll("a, summary")].filter((stop) => !stop.closest(".menu-panel"));
const setStop = (stops, current) => {
  for (const stop of stops) stop.tabIndex = stop === current ? 0 : -1;
};

function start() {
  for (const strip of document.querySelectorAll("[data-strip]")) {
    const stops = stopsOf(strip);
    setStop(stops, stops.find((stop) => stop.matches("[aria-current], .strip-today")) ?? stops[0]);
  }
}

document.addEventListener("keydown", (event) => {
  const stop = event.target;
  const strip = stop.closest("[data-strip]");
  const step = STEPS[event.key];
  if (!(strip && step) || event.altKey || event.ctrlKey || event.metaKey) return;
  const stops = stopsOf(strip);
  const index = stops.indexOf(stop);
  if (index < 0) return;
  event.preventDefault();
  const next = stops[Math.min(Math.max(index + step, 0), stops.length - 1)];
  setStop(stops, next);
  next.focus();
});

start();
new MutationObserver(start).observe(document.querySelector("main > .wrap"), { childList: true }); // results of a search
