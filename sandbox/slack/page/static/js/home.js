// The app's own screen: the Home tab that it published for this person.

import { openHome } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { byId, h } from "./dom.js";
import { settlePending } from "./pending.js";
import { FormState, makeSurface } from "./surface.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountHome(workspace) {
  const panel = byId("home");
  let form = new FormState();
  let seen = "";
  const draw = () => {
    const { home, tab } = workspace;
    panel.hidden = tab !== "home";
    byId("message-scroll").hidden = byId("composer").hidden = tab === "home";
    const focused = panel.contains(document.activeElement) ? document.activeElement.dataset : null;
    panel.replaceChildren(home
      ? renderBlocks(home.blocks, makeSurface(workspace, { view_id: home.id }, { form }))
      : h("p", { class: "home-empty" }, `${workspace.app.name} hasn't published anything here yet.`));
    if (focused?.actionId) successor(panel, focused)?.focus({ preventScroll: true });
  };
  /** Report to the app each time that the person opens one of its tabs. */
  const report = () => {
    const { me, current, tab } = workspace;
    const place = tab ? `${me} ${current} ${tab}` : "";
    if (place && place !== seen && workspace.isHome(current)) openHome(me, tab).catch((error) => workspace.notice(current, error.message));
    seen = place;
  };
  const go = () => {
    draw();
    report();
  };
  ["channel", "tab", "loaded"].forEach((what) => workspace.addEventListener(what, () => {
    if (what === "loaded") form = new FormState();
    go();
    panel.scrollTop = 0;
  }));
  workspace.addEventListener("home", draw);
  ["views", "acknowledged", "messages"].forEach((outcome) => workspace.addEventListener(outcome, () => settlePending(panel)));
}

function successor(panel, { actionId, blockId }) {
  const found = [...panel.querySelectorAll("[data-action-id]")].filter(({ dataset }) => dataset.actionId === actionId);
  return found.find(({ dataset }) => dataset.blockId === blockId) ?? found[0];
}
