// The form of an event: shows its times in both time zones and who will be notified, and moves the end with the start.

import "./event-form/preview.js";
import { updateWhen } from "./event-form/when.js";

const DAY_MS = 86_400_000;
const form = document.querySelector("[data-event-form]");
const {
  start_date: startDate,
  start_time: startTime,
  end_date: endDate,
  end_time: endTime,
  all_day: allDay,
  time_zone: zone,
} = form.elements;

// If pages.js has replaced "UTC" by the time zone of the browser, start at the next full hour in that zone.
if ("guessZone" in zone.dataset && zone.value !== zone.defaultValue) {
  const inAnHour = new Date(Date.now() + 3_600_000);
  const twoDigits = (number) => String(number).padStart(2, "0");
  startDate.value = [inAnHour.getFullYear(), inAnHour.getMonth() + 1, inAnHour.getDate()].map(twoDigits).join("-");
  startTime.value = `${twoDigits(inAnHour.getHours())}:00`;
}

/** Return a local date and time in milliseconds, as if it were in UTC; NaN if either is missing. */
const shownBy = (date, time) => Date.parse(`${date}T${allDay.checked ? "00:00" : time}Z`);
const isNextDay = () => !allDay.checked && endTime.value < startTime.value;
const endDay = () =>
  endDate.value ||
  (startDate.value && new Date(Date.parse(startDate.value) + DAY_MS * isNextDay()).toISOString().slice(0, 10));
const duration = () => shownBy(endDay(), endTime.value) - shownBy(startDate.value, startTime.value);

/** Move the end, so that its distance from the start stays the same. */
let kept = duration();
function moveEnd() {
  const start = shownBy(startDate.value, startTime.value);
  if (!(kept > 0) || !(start > 0)) return;
  const end = new Date(start + kept);
  if (!allDay.checked) endTime.value = end.toISOString().slice(11, 16);
  if (endDate.value) endDate.value = end.toISOString().slice(0, 10);
}

for (const input of [startDate, startTime]) input.addEventListener("input", moveEnd);
for (const input of [endDate, endTime, allDay]) {
  input.addEventListener("input", () => {
    kept = duration();
  });
}
const times = [startDate, startTime, endDate, endTime, allDay, zone];
for (const input of times) input.addEventListener("input", () => updateWhen(form));

// The server says when an error of these has become right, which may be because of another of them.
for (const input of [startDate, startTime, endDate, endTime]) {
  if (!input.hasAttribute("aria-invalid")) continue;
  input.dataset.judged = "";
  input.setCustomValidity("?");
}

const isChanged = (input) =>
  input.type === "checkbox" ? input.checked !== input.defaultChecked : input.value !== input.defaultValue;
if (times.some(isChanged)) updateWhen(form); // by the guess above, or because the browser has restored what was typed

// Once the form contains a change of which subscribers are notified, the page says so as a fact.
const notified = document.querySelector("[data-notified]");
if (notified) {
  const [wouldBeNotified, willBeNotified] = notified.querySelectorAll("span, strong");
  const inputs = [...form.querySelectorAll("[data-material] :is(input, textarea)")];
  const updateNotified = () => {
    const isMaterial = inputs.some(isChanged);
    wouldBeNotified.hidden = isMaterial;
    willBeNotified.hidden = !isMaterial;
  };
  for (const input of inputs) input.addEventListener("input", updateNotified);
  updateNotified();
}
