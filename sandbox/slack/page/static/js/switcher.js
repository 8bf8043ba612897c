// The head of the sidebar: the current workspace, and a list of the others if there are any.

import { byId, h } from "./dom.js";
import { icon } from "./icons.js";
import { attachPopup } from "./popup.js";
import { tile } from "./tile.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountSwitcher(workspace) {
  let drawn = "";
  workspace.addEventListener("loaded", () => {
    const now = JSON.stringify([workspace.team, workspace.workspaces]);
    if (now === drawn) return; // keep an open list open
    drawn = now;
    byId("brand").replaceChildren(...(workspace.workspaces.length > 1 ? switcher(workspace) : only(workspace)));
  });
}

function only({ team }) {
  return [
    h("img", { class: "brand-mark", src: "/static/logo.svg", alt: "", width: 34, height: 34 }),
    h("strong", { class: "brand-name" }, team.name),
  ];
}

function switcher({ team, workspaces }) {
  const button = h("button", { type: "button", class: "brand-switch", role: "combobox", "aria-label": `Workspace: ${team.name}` },
    tile(team.name), h("strong", { class: "brand-name" }, team.name), icon("chevron"));
  const organizations = [...new Set(workspaces.map(({ organization }) => organization))];
  const groups = organizations.map((organization) => ({
    label: organization || undefined,
    options: workspaces.filter((each) => each.organization === organization).map(option),
  }));
  return [button, attachPopup(button, { role: "listbox", groups, selected: () => team.id, onPick: (id) => go(workspaces, id) })];
}

function option({ id, name }) {
  return { label: name, text: name, value: id };
}

function go(workspaces, id) {
  location.assign(workspaces.find((each) => each.id === id).path);
}
