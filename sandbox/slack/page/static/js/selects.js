// Menus with a value: the app's options, people or conversations; single or multiple.

import { channelTitle } from "./channel.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { attachPopup } from "./popup.js";
import { plainString, renderText } from "./text.js";
import { groupsOf, hooks, keep, kept, mayUse, send } from "./use.js";

/** @typedef {import("./use.js").Place} Place */

export function staticSelect(element, place) {
  const { groups, find } = offered(element, place);
  const initial = find(kept(element, place, "selected_option", element.initial_option ?? null));
  return select(element, place, { groups, key: "selected_option", initial, placeholder: "Select an option" });
}

export function multiStaticSelect(element, place) {
  const { groups, find } = offered(element, place);
  const initial = kept(element, place, "selected_options", element.initial_options ?? []).map(find).filter(Boolean);
  return select(element, place, { groups, key: "selected_options", initial, placeholder: "Select options", multiple: true });
}

export function usersSelect(element, place) {
  const initial = kept(element, place, "selected_user", element.initial_user ?? null);
  return select(element, place, { groups: people(place), key: "selected_user", initial, placeholder: "Select a person" });
}

export function multiUsersSelect(element, place) {
  const initial = kept(element, place, "selected_users", element.initial_users ?? []);
  return select(element, place, { groups: people(place), key: "selected_users", initial, placeholder: "Select people", multiple: true });
}

export function conversationsSelect(element, place) {
  const first = element.initial_conversation ?? (element.default_to_current_conversation ? place.surface.channel ?? null : null);
  const include = element.filter?.include ?? ["public", "private", "im"];
  const groups = places(place, (channel) => include.includes(channel.im ? "im" : channel.private ? "private" : "public"));
  const initial = kept(element, place, "selected_conversation", first);
  return select(element, place, { groups, key: "selected_conversation", initial, placeholder: "Select a conversation" });
}

export function channelsSelect(element, place) {
  const groups = places(place, (channel) => !channel.im && !channel.private);
  const initial = kept(element, place, "selected_channel", element.initial_channel ?? null);
  return select(element, place, { groups, key: "selected_channel", initial, placeholder: "Select a channel" });
}

function offered(element, { surface }) {
  const groups = groupsOf(element, surface.names);
  const all = groups.flatMap((group) => group.options.map(({ value }) => value));
  return { groups, find: (raw) => all.find(({ value }) => value === raw?.value) ?? null };
}

function people({ surface }) {
  return [{ options: surface.people.map(({ id, name, real_name: realName }) => ({ label: name, text: name, description: realName, value: id })) }];
}

function places({ surface }, isOffered) {
  const offer = surface.places.filter((channel) => isOffered(channel) && !channel.archived);
  return [{ options: offer.map((channel) => ({ label: channelTitle(channel), text: channel.name, value: channel.id })) }];
}

/**
 * @param {any} element
 * @param {Place} place
 * @param {{groups: import("./popup.js").Group[], key: string, initial: any, placeholder: string, multiple?: boolean}} settings
 */
function select(element, place, { groups, key, initial, placeholder, multiple = false }) {
  const options = groups.flatMap((group) => group.options);
  const words = plainString(element.placeholder) || placeholder;
  const value = h("span", { class: "select-value" });
  const control = h("button", {
    type: "button", class: multiple ? "button select multiple" : "button select", role: "combobox", data: hooks(element, place), "aria-label": place.label ?? words,
  }, value, icon("chevron"));
  let chosen = initial;
  const show = () => {
    keep(element, place, { [key]: chosen });
    const shown = options.filter((option) => (multiple ? chosen.includes(option.value) : option.value === chosen));
    value.replaceChildren(...(shown.length > 0 ? shown.map((option) => chip(option, place, multiple)) : [words]));
    value.classList.toggle("placeholder", shown.length === 0);
  };
  const onPick = async (picked) => {
    if ((!multiple && picked === chosen) || !(await mayUse(control, element, place))) return;
    chosen = multiple ? toggled(chosen, picked, element.max_selected_items) : picked;
    show();
    send(control, element, place, { [key]: chosen });
  };
  show();
  return h("span", { class: "popup-anchor" }, control, attachPopup(control, { role: "listbox", groups, multiple, selected: () => chosen, onPick }));
}

/** The button's label for a chosen option. */
function chip({ value, label }, { surface }, multiple) {
  const words = value?.text ? renderText(value.text, surface.names) : label; // the popup contains the label node itself
  return h("span", { class: multiple ? "chip" : null }, words);
}

/** Add or remove a choice. At the limit the first one is dropped. */
function toggled(chosen, picked, most = Infinity) {
  if (chosen.includes(picked)) return chosen.filter((each) => each !== picked);
  return [...chosen, picked].slice(-most);
}
