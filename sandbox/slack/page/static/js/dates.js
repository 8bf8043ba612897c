// Slack's date tokens, in the viewer's zone (docs.slack.dev, "Date formatting" and the rich text date element).

/** @typedef {{now?: Date, timeZone?: string, locale?: string}} DateOptions */

const DAY_MS = 86_400_000;
const AGO_STEPS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

/** @type {Record<string, (date: Date, options: DateOptions) => string>} */
const TOKENS = {
  date_num: (date, o) => isoDay(date, o),
  date_slash: (date, o) => isoDay(date, o).split("-").reverse().join("/"),
  date: (date, o) => day(date, o, { month: "long" }),
  date_short: (date, o) => day(date, o, { month: "short" }, false),
  date_long: (date, o) => `${part(date, o, { weekday: "long" })}, ${day(date, o, { month: "long" })}`,
  date_long_full: (date, o) => day(date, o, { month: "long" }, false),
  date_pretty: (date, o) => relativeDay(date, o) ?? TOKENS.date(date, o),
  date_short_pretty: (date, o) => relativeDay(date, o) ?? TOKENS.date_short(date, o),
  date_long_pretty: (date, o) => relativeDay(date, o) ?? TOKENS.date_long(date, o),
  day_divider_pretty: (date, o) => relativeDay(date, o) ?? TOKENS.date_long(date, o).replace(/, \d{4}$/, ""),
  time: (date, o) => time(date, o, {}),
  time_secs: (date, o) => time(date, o, { second: "2-digit" }),
  ago: (date, o) => ago(date, o),
};

/**
 * Fill Slack's tokens. Unknown ones stay as they are, and "today" gets a capital at the start of the text.
 * @param {number} unix seconds
 * @param {string} format such as "{date_short_pretty} at {time}"
 * @param {DateOptions} [options]
 */
export function formatDate(unix, format, options = {}) {
  const date = new Date(unix * 1000);
  return format.replace(/\{(\w+)\}/g, (token, name, offset) => {
    const text = Object.hasOwn(TOKENS, name) ? TOKENS[name](date, options) : token;
    return offset === 0 ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  });
}

/** Whether a Date can represent a time in seconds. Slack shows the fallback text for others. */
export function isShowable(unix) {
  return Number.isFinite(unix) && Math.abs(unix) <= 8.64e12;
}

/** Whole seconds of a Slack ts. */
export function tsSeconds(ts) {
  return Math.floor(Number(ts));
}

function part(date, { timeZone }, fields) {
  return new Intl.DateTimeFormat("en-US", { timeZone, ...fields }).format(date);
}

function isoDay(date, { timeZone }) {
  const options = { timeZone, year: "numeric", month: "2-digit", day: "2-digit" };
  return new Intl.DateTimeFormat("en-CA", options).format(date);
}

function day(date, options, month, ordinal = true) {
  const number = Number(part(date, options, { day: "numeric" }));
  const shown = ordinal ? `${number}${suffix(number)}` : number;
  return `${part(date, options, month)} ${shown}, ${part(date, options, { year: "numeric" })}`;
}

function suffix(number) {
  const rule = new Intl.PluralRules("en", { type: "ordinal" }).select(number);
  return { one: "st", two: "nd", few: "rd" }[rule] ?? "th";
}

function time(date, { timeZone, locale }, extra) {
  return new Intl.DateTimeFormat(locale, { timeZone, hour: "numeric", minute: "2-digit", ...extra }).format(date);
}

function relativeDay(date, options) {
  const now = options.now ?? new Date();
  const distance = Date.parse(isoDay(date, options)) - Date.parse(isoDay(now, options));
  return { [-DAY_MS]: "yesterday", 0: "today", [DAY_MS]: "tomorrow" }[distance] ?? null;
}

function ago(date, options) {
  const seconds = Math.round((date.getTime() - (options.now ?? new Date()).getTime()) / 1000);
  if (seconds === 0) return "just now";
  const [unit, size] = /** @type {[any, number]} */ (AGO_STEPS.find(([, step]) => Math.abs(seconds) >= step));
  return new Intl.RelativeTimeFormat("en").format(Math.trunc(seconds / size), unit);
}
