// The pane beside the channel: one message and its replies.

import { channelTitle } from "./channel.js";
import { byId } from "./dom.js";
import { MessageList } from "./messagelist.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountThread(workspace) {
  const pane = byId("thread");
  const closer = byId("thread-close");
  const list = new MessageList(byId("thread-messages"), byId("thread-scroll"), workspace);
  const messages = () => [workspace.message(workspace.current, workspace.thread), ...(workspace.replies(workspace.current).get(workspace.thread) ?? [])]
    .filter((message) => message !== undefined);
  const draw = (/** @type {"draw" | "redraw"} */ how) => {
    const shown = workspace.thread ? messages() : [];
    pane.hidden = shown.length === 0;
    byId("thread-channel").textContent = channelTitle(workspace.channel(workspace.current) ?? { im: true, name: "" });
    list[how](shown, () => ({}));
  };
  const close = () => {
    const opener = document.querySelector(`#messages button[data-thread="${workspace.thread}"]`);
    workspace.showThread(null);
    opener?.focus();
  };

  closer.addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && workspace.thread && !event.defaultPrevented && !isSomethingAbove()) close();
  });
  workspace.addEventListener("thread", () => {
    draw("redraw");
    if (workspace.thread) closer.focus();
  });
  workspace.addEventListener("loaded", () => draw("redraw"));
  workspace.addEventListener("messages", (event) => {
    if (workspace.thread && event.detail === workspace.current) draw("draw");
  });
}

/** Whether Escape belongs to an element above the pane. */
function isSomethingAbove() {
  return document.querySelector("dialog[open], :popover-open, [data-sidebar-open]") !== null;
}
