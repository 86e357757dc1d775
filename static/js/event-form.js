// The form of an event: shows its times in both time zones and who will be notified, and moves the end with the start.

import { DAY_MS, dayOf, daysText, distance, fill, momentOf, shownAt, spanText } from "./event-form/times.js";
import "./event-form/preview.js";

const form = document.querySelector("[data-event-form]");
const {
  start_date: startDate,
  start_time: startTime,
  end_date: endDate,
  end_time: endTime,
  all_day: allDay,
  time_zone: zone,
} = form.elements;
const line = form.querySelector("[data-when]");

// If pages.js has replaced "UTC" by the time zone of the browser, start at the next full hour in that zone.
if ("guessZone" in zone.dataset && zone.value !== zone.defaultValue) {
  const inAnHour = shownAt(Date.now() + 3_600_000, zone.value);
  startDate.value = inAnHour.date;
  startTime.value = `${inAnHour.time.slice(0, 2)}:00`;
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

/** Return the texts of the line, [first, more, isTrouble]; empty while an input is missing or the zone is unknown. */
function sentences() {
  if (!(Date.parse(startDate.value) > Date.UTC(1900)) || !(allDay.checked || startTime.value)) return ["", ""];
  const own = document.body.dataset.timeZone;
  const zoneName = zone.value.includes("/") ? fill(line.dataset.zone, { city: cityOf(zone.value) }) : zone.value;
  if (allDay.checked) return wholeDays(zoneName, own);
  const start = momentOf(startDate.value, startTime.value, zone.value);
  const end = endTime.value ? momentOf(endDay(), endTime.value, zone.value) : null;
  if (start === null || (endTime.value && end === null)) return [line.dataset.skipped, "", true];
  if (end !== null && end <= start) return [line.dataset.reversed, "", true];
  if (start <= Date.now() && !isUntouched()) return [line.dataset.past, "", true];
  const isSame = [start, end ?? start].every(
    (moment) =>
      shownAt(moment, own).time === shownAt(moment, zone.value).time &&
      dayOf(moment, own) === dayOf(moment, zone.value),
  );
  const theirs = isSame
    ? []
    : [fill(line.dataset.own, { time: spanText(start, end, own, line.dataset.moment, dayOf(start, zone.value)) })];
  const away = distance(dayOf(start, own) - dayOf(Date.now(), own));
  return [`${spanText(start, end, zone.value, line.dataset.moment)} ${zoneName}`, [...theirs, away].join(" · ")];
}

/** Return the city that a zone is named for, in the reader's language. */
function cityOf(name) {
  const suggested = [...zone.list.options].find(({ value }) => value === name);
  return suggested?.getAttribute("label") ?? name.split("/").pop().replaceAll("_", " ");
}

function wholeDays(zoneName, own) {
  const [first, last] = [startDate.value, endDate.value || startDate.value].map((day) => Date.parse(`${day}T12:00Z`));
  if (last < first) return [line.dataset.reversed, "", true];
  const hasBegun = Math.floor(first / DAY_MS) <= dayOf(Date.now(), zone.value);
  if (hasBegun && !isUntouched()) return [line.dataset.past, "", true];
  const away = distance(Math.floor(first / DAY_MS) - dayOf(Date.now(), own));
  return [daysText(first, last, "UTC"), [fill(line.dataset.allDay, { zone: zoneName }), away].join(" · ")];
}

/** Whether the event has started and its start is unchanged, which is allowed. */
const isUntouched = () =>
  "begun" in form.dataset && [startDate, startTime, zone].every((input) => input.value === input.defaultValue);

function update() {
  let said = ["", ""];
  try {
    said = sentences();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const [first, more, isTrouble = false] = said;
  const [time, rest] = line.children;
  if (time.textContent !== first) time.textContent = first;
  if (rest.textContent !== more) rest.textContent = more;
  line.classList.toggle("when-trouble", isTrouble);
}

for (const input of [startDate, startTime]) input.addEventListener("input", moveEnd);
for (const input of [endDate, endTime, allDay]) {
  input.addEventListener("input", () => {
    kept = duration();
  });
}
for (const input of [startDate, startTime, endDate, endTime, allDay, zone]) input.addEventListener("input", update);
update();

// Once the form contains a change of which subscribers are notified, the page says so as a fact.
const notified = document.querySelector("[data-notified]");
if (notified) {
  const [wouldBeNotified, willBeNotified] = notified.querySelectorAll("span, strong");
  const inputs = [...form.querySelectorAll("[data-material] :is(input, textarea)")];
  const isChanged = (input) =>
    input.type === "checkbox" ? input.checked !== input.defaultChecked : input.value !== input.defaultValue;
  const updateNotified = () => {
    const isMaterial = inputs.some(isChanged);
    wouldBeNotified.hidden = isMaterial;
    willBeNotified.hidden = !isMaterial;
  };
  for (const input of inputs) input.addEventListener("input", updateNotified);
  updateNotified();
}
