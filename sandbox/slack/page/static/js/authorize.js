// The page where a person allows or refuses an app. The app's request is in the address.

import { byId, h, uniqueId } from "./dom.js";
import { icon } from "./icons.js";
import { tile } from "./tile.js";

const PATH = "/oauth/v2/authorize";

/**
 * @typedef {{id: string, name: string, real_name: string, team: string}} Person
 * @typedef {object} Place a workspace, or a whole organization
 * @property {string} value its id
 * @property {string} name
 * @property {string} group its organization
 * @property {boolean} whole
 * @property {string} note a hint for the person
 * @property {boolean} closed whether the app cannot be installed there
 * @property {Person[]} people
 */

async function main() {
  const response = await fetch(`${PATH}/request${location.search}`, { cache: "no-store" });
  const asked = await response.json();
  if (response.ok) ask(asked);
  else refuse(asked);
}

function refuse({ error, errors }) {
  document.title = "This app cannot be installed";
  byId("consent").replaceChildren(h("section", { class: "consent-card" },
    h("h1", {}, "Something went wrong when authorizing this app."),
    h("p", {}, "Try going back and authorizing again. If it happens again, contact the app's developer."),
    h("div", { class: "consent-error" }, h("h2", {}, "Error details"), h("p", {}, h("code", {}, error)), h("p", {}, errors?.[0] ?? ""))));
}

function ask({ app, team, scopes, user_scopes: userScopes, places }) {
  const offered = options(places);
  const failure = h("p", { class: "consent-failure", role: "alert", hidden: true });
  const title = h("h1", {});
  const mark = h("span", {});
  const note = h("p", { class: "consent-note", role: "status" });
  const allow = h("button", { type: "button", class: "button primary", onclick: () => decide(true) }, "Allow");
  const cancel = h("button", { type: "button", class: "button", onclick: () => decide(false) }, "Cancel");
  const place = select("Install in", groups(offered), () => show());
  const person = select("You are", [], () => {});
  const chosen = () => offered.find(({ value }) => value === place.field.value);

  const show = () => {
    const { name, people, note: words, closed } = chosen();
    document.title = `${app.name} wants to be installed in ${name}`;
    title.replaceChildren(h("strong", {}, app.name), " is requesting permission to access ", h("strong", {}, name));
    mark.replaceChildren(tile(name));
    person.field.replaceChildren(...people.map((each, at) => h("option", { value: at }, `${each.real_name} (${each.name})`)));
    note.textContent = words;
    note.hidden = !words;
    allow.toggleAttribute("disabled", closed);
    failure.hidden = true;
  };
  const decide = async (allowed) => {
    const { people, whole } = chosen();
    const { id: user, team: into } = people[Number(person.field.value)];
    const body = { url: location.href, user, team: into, organization: whole, allow: allowed };
    const response = await fetch(`${PATH}/decision`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.ok) return location.assign(answer.redirect);
    failure.textContent = `That didn't work (${answer.error}).`;
    failure.hidden = false;
  };

  byId("consent").replaceChildren(h("section", { class: "consent-card" },
    h("div", { class: "consent-marks", "aria-hidden": "true" },
      h("img", { src: "/static/logo.svg", alt: "", width: 56, height: 56 }), h("span", { class: "consent-arrow" }), mark),
    title,
    h("div", { class: "consent-fields" }, place.row, person.row),
    note,
    grants(`What will ${app.name} be able to do?`, scopes),
    grants("What will it be able to do as you?", userScopes),
    failure,
    h("div", { class: "consent-actions" }, cancel, allow)));
  const named = offered.find(({ value }) => value === team) ?? offered.find(({ note: words }) => !words);
  if (named) place.field.value = named.value;
  show();
}

/** @returns {Place[]} each workspace; an organization comes before its workspaces */
function options(places) {
  const seen = new Set();
  return places.flatMap((place) => {
    const { organization } = place;
    if (!organization?.offered || seen.has(organization.id)) return [workspaceOption(place)];
    seen.add(organization.id);
    const members = places.filter((each) => each.organization?.id === organization.id);
    return [organizationOption(place, members.flatMap(peopleOf)), workspaceOption(place)];
  });
}

/** The people of a workspace. @returns {Person[]} */
function peopleOf({ team, people }) {
  return people.map((person) => ({ ...person, team }));
}

function workspaceOption(place) {
  const { team, name, installed, org_wide: wide, organization } = place;
  const here = installed ? `The app is already installed in ${name}. Allowing it again can grant more permissions.` : "";
  const note = wide ? `The app is already installed for all of ${organization.name}, including ${name}.` : here;
  return { value: team, name, people: peopleOf(place), whole: false, closed: wide, note, group: organization?.name ?? "" };
}

function organizationOption({ org_wide: wide, organization }, people) {
  const note = wide ? `The app is already installed in ${organization.name}. Allowing it again can grant more permissions.` : "";
  return { value: organization.id, name: organization.name, people, whole: true, closed: false, note, group: organization.name };
}

function groups(offered) {
  return [...new Set(offered.map(({ group }) => group))].flatMap((group) => {
    const found = offered.filter((each) => each.group === group).map(({ value, name, whole }) => h("option", { value }, whole ? `All of ${name}` : name));
    return group ? [h("optgroup", { label: group }, found)] : found;
  });
}

function select(label, children, onchange) {
  const id = uniqueId("field");
  const field = /** @type {HTMLSelectElement} */ (h("select", { id, class: "consent-select", onchange }, children));
  return { field, row: h("div", { class: "consent-field" }, h("label", { for: id }, label), h("div", { class: "consent-picker" }, field, icon("chevron"))) };
}

function grants(heading, scopes) {
  if (scopes.length === 0) return null;
  return h("section", { class: "consent-grants" }, h("h2", {}, heading), h("ul", {}, scopes.map((words) => h("li", {}, icon("check"), words))));
}

main();
