// What every element of a block has in common: where it stands, whether its use counts, and how it is told.

import { isConfirmed } from "./confirm.js";
import { safeUrl } from "./dom.js";
import { isPending, markPending } from "./pending.js";
import { plainString, renderText } from "./text.js";

/**
 * @typedef {object} Place where an element stands
 * @property {string} blockId
 * @property {import("./surface.js").Surface} surface
 * @property {string} [label] the label of the input block around it
 * @property {boolean} [silent] whether using it sends nothing (an input without dispatch_action)
 */

/** The data-attributes by which a control is found again. */
export function hooks(element, { blockId }) {
  return { blockId, actionId: element.action_id };
}

/** Whether this use counts: not while the last one is under way, and not when the person thinks better of it. */
export function mayUse(control, element, { surface }) {
  return isPending(control) ? Promise.resolve(false) : isConfirmed(element.confirm, surface.names);
}

/** Tell the app of a use, unless the element is one that waits for the form. */
export function send(control, element, place, outcome) {
  if (place.silent) return;
  markPending(control);
  void place.surface.act({ block_id: place.blockId, action_id: element.action_id, type: element.type, ...outcome });
}

/** What the person has chosen so far, or the app at first. @param {string} key @param {any} initial */
export function kept(element, { blockId, surface }, key, initial) {
  const chosen = surface.form.get(blockId, element.action_id);
  return chosen && key in chosen ? chosen[key] : initial;
}

/** Keep what was chosen for the form. @param {Record<string, any>} outcome */
export function keep(element, { blockId, surface }, outcome) {
  surface.form.set(blockId, element.action_id, { type: element.type, ...outcome });
}

export function follow(url) {
  if (url && safeUrl(url)) open(url, "_blank", "noopener,noreferrer");
}

/** An option of Slack's as one of a popup. */
export function option(raw, names) {
  return {
    label: renderText(raw.text, names), text: plainString(raw.text), value: raw,
    description: raw.description ? renderText(raw.description, names) : null,
  };
}

/** Options, in groups or not. */
export function groupsOf({ options, option_groups: groups }, names) {
  return (groups ?? [{ options: options ?? [] }]).map((group) => ({
    label: group.label ? renderText(group.label, names) : undefined,
    options: group.options.map((raw) => option(raw, names)),
  }));
}

/** Whether an option is among these, by its value. */
export function isChosen(raw, chosen) {
  return chosen.some(({ value }) => value === raw.value);
}
