// The messages of the current channel.

import { byId } from "./dom.js";
import { MessageList } from "./messagelist.js";

/** @param {import("./state.js").Workspace} workspace */
export function mountMessages(workspace) {
  const list = new MessageList(byId("messages"), byId("message-scroll"), workspace);
  const shown = () => {
    const { current } = workspace;
    const replies = workspace.replies(current);
    const threadOf = ({ ts, thread_ts, channel }) => ({
      count: replies.get(ts)?.length ?? 0,
      last: replies.get(ts)?.at(-1).ts,
      root: thread_ts ? workspace.message(channel, thread_ts) : undefined,
    });
    return /** @type {const} */ ([workspace.timeline(current), threadOf]);
  };
  workspace.addEventListener("loaded", () => list.redraw(...shown()));
  workspace.addEventListener("channel", () => list.redraw(...shown()));
  workspace.addEventListener("messages", (event) => {
    if (event.detail === workspace.current) list.draw(...shown());
  });
}
