// Times on the page: each knows its instant and format, so that "4 seconds ago" can grow old in place.

import { formatDate } from "./dates.js";
import { h } from "./dom.js";

/**
 * A time in the viewer's zone; the full date is its tooltip.
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

/** Write each time under `root` anew; only those whose words depend on the present change. */
export function refreshTimes(root) {
  for (const element of root.querySelectorAll('time[data-format*="ago}"], time[data-format*="pretty}"]')) {
    const text = formatDate(Number(element.dataset.unix), element.dataset.format);
    if (element.textContent !== text) element.textContent = text;
  }
}
