// Times on the page. Each keeps its instant and format, so that "4 seconds ago" can update in place.

import { formatDate } from "./dates.js";
import { h } from "./dom.js";

/**
 * A time in the viewer's zone. The full date is its tooltip.
 * @param {number} unix seconds
 * @param {string} format Slack's date tokens
 * @param {string} [className]
 */
export function timeElement(unix, format, className) {
  return h("time", {
    class: className,
    datetime: new Date(unix * 1000).toISOString(),
    title: formatDate(unix, "{date_long} at {time_secs}"),
    data: { unix, format },
  }, formatDate(unix, format));
}

/** Update each time under `root`. Only relative times change. */
export function refreshTimes(root) {
  for (const element of root.querySelectorAll('time[data-format*="ago}"], time[data-format*="pretty}"]')) {
    const text = formatDate(Number(element.dataset.unix), element.dataset.format);
    if (element.textContent !== text) element.textContent = text;
  }
}
