// Line icons, 20 x 20, in the color of the surrounding text.

const PATHS = {
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  plus: "M10 4.5v11M4.5 10h11",
  close: "M5 5l10 10M15 5L5 15",
  chevron: "M5.5 8l4.5 4.5L14.5 8",
  dots: "M4.5 10h.01M10 10h.01M15.5 10h.01",
  send: "M3.5 16.5L17 10 3.5 3.5l2 6.5zM5.5 10H11",
  eye: "M1.8 10S4.8 4.8 10 4.8 18.2 10 18.2 10 15.2 15.2 10 15.2 1.8 10 1.8 10zM10 12.2a2.2 2.2 0 100-4.4 2.2 2.2 0 000 4.4z",
  thread: "M3 4.5h14v9H9.5L6 16.5v-3H3z",
  archive: "M3 4.5h14v3.2H3zM4.3 7.7v7.8h11.4V7.7M8 11h4",
  remove: "M4.5 6h11M8 6V4h4v2M6 6l.7 10h6.6L14 6",
  check: "M4.5 10.5l3.8 3.8 7.2-8",
  external: "M8 4.5H4.5v11h11V12M11.5 4.5h4v4M15.5 4.5L9 11",
};

/** @param {keyof typeof PATHS} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  const attributes = { viewBox: "0 0 20 20", width: 18, height: 18, class: "icon", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(attributes)) svg.setAttribute(key, String(value));
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
