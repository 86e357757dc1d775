// Times in time zones that the browser knows. An unknown zone throws a RangeError.

export const DAY_MS = 86_400_000;
const DATE = { weekday: "short", day: "numeric", month: "short" };
const PARTS = {
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
  hourCycle: "h23",
};
// Plain "en" would put the month before the day, which the pages do not.
const locale = document.documentElement.lang.replace(/^en$/, "en-GB");

/** Return how far local time in the zone is ahead of UTC at a moment, in milliseconds. */
function utcOffsetAt(moment, timeZone) {
  const parts = new Intl.DateTimeFormat("en-US", { ...PARTS, timeZone }).formatToParts(moment);
  const { year, month, day, hour, minute, second } = Object.fromEntries(parts.map(({ type, value }) => [type, +value]));
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000;
}

/** Return the moment of a local time in the zone: the first if there are two, null if clocks skip it. */
export function momentOf(date, time, zone) {
  const shown = Date.parse(`${date}T${time}Z`);
  const moments = [-DAY_MS, DAY_MS].map((offset) => shown - utcOffsetAt(shown + offset, zone));
  return moments.sort((one, other) => one - other).find((moment) => moment + utcOffsetAt(moment, zone) === shown) ?? null;
}

/** Return the local date and time in the zone at a moment, in the format of inputs. */
export function shownAt(moment, zone) {
  const text = new Date(moment + utcOffsetAt(moment, zone)).toISOString();
  return { date: text.slice(0, 10), time: text.slice(11, 16) };
}

/** Return the day of a moment in the zone, as a number that grows by one each day. */
export const dayOf = (moment, zone) => Math.floor((moment + utcOffsetAt(moment, zone)) / DAY_MS);

/** Return "tomorrow", "in 9 days" or "in 3 months", counted as the server counts. */
export function distance(days) {
  const months = Math.trunc(days / 30);
  const [count, unit] =
    Math.abs(days) <= 60 ? [days, "day"] : Math.abs(months) < 24 ? [months, "month"] : [Math.trunc(days / 365), "year"];
  return new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(count, unit);
}

/** Return "Fri 4 Dec" or "Fri 4 – Sun 6 Dec", with the year if it is not the present one. */
export function daysText(first, last, timeZone) {
  const year = (moment) => shownAt(moment, timeZone).date.slice(0, 4);
  const shown = { ...DATE, ...(year(last) === year(Date.now()) ? {} : { year: "numeric" }), timeZone };
  return new Intl.DateTimeFormat(locale, shown).formatRange(first, last).replace(/(\p{L}+), (?=\d)/gu, "$1 ");
}

/** Replace the names in a text such as "{day} {time}" by values. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/**
 * Return "Fri 4 Dec, 18:00–20:00", without the day if it is `known`. If the span covers several days, `pattern` is the
 * format of its start and end.
 */
export function spanText(start, end, zone, pattern, known) {
  const time = (moment) => shownAt(moment, zone).time;
  const [day, lastDay] = [start, end ?? start].map((moment) => daysText(moment, moment, zone));
  const isOneDay = end === null || dayOf(start, zone) === dayOf(end - 1, zone);
  if (!isOneDay) {
    return `${fill(pattern, { day, time: time(start) })} – ${fill(pattern, { day: lastDay, time: time(end) })}`;
  }
  const hours = end === null ? time(start) : `${time(start)}–${time(end)}`;
  return dayOf(start, zone) === known ? hours : `${day}, ${hours}`;
}
