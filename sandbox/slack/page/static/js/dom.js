// The only way to make elements here: data becomes a text node or an attribute value, never markup.

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Make an element. `on…` functions become listeners, `data` becomes data-attributes, true is an empty attribute, and
 * null, undefined and false leave an attribute out.
 * @param {string} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElement}
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children.flat().filter(isChild));
  return element;
}

/** The element with this id. The page's skeleton is fixed, so a missing one is a programming error. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}

/** A URL that is safe to follow or show, or null: `javascript:` and the like never become a link. */
export function safeUrl(url) {
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(url).protocol) ? url : null;
  } catch {
    return null;
  }
}

/** A link that opens in a new tab, or only its label if the URL is unsafe. */
export function link(url, ...label) {
  const href = safeUrl(url);
  if (!href) return h("span", {}, ...label);
  return h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...label);
}

/** An unused id, for aria-controls and the like. */
export function uniqueId(prefix) {
  return `${prefix}-${crypto.randomUUID?.() ?? Math.random().toString(36).slice(2)}`;
}

/** Redraw a container's children. The focus moves from a replaced button to its successor. */
export function redraw(container, ...children) {
  const at = [...container.querySelectorAll("button")].indexOf(document.activeElement);
  container.replaceChildren(...children);
  if (at >= 0) container.querySelectorAll("button")[at]?.focus();
}

function setAttribute(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "data") Object.assign(element.dataset, withoutEmpty(value));
  else if (typeof value === "function") element.addEventListener(name.slice(2), value);
  else element.setAttribute(name, value === true ? "" : String(value));
}

function withoutEmpty(data) {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null && value !== undefined));
}

function isChild(child) {
  return child !== null && child !== undefined && child !== false;
}
