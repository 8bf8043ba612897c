// Connects the parts. The address names the person and the channel: /?user=U0DANA#C0ONCALL. The first person is
// the default. All workspaces except the first have their own path: /w/T0NORTH/.

import { mountApps } from "./apps.js";
import { mountComposer } from "./composer.js";
import { mountHeader } from "./header.js";
import { mountHome } from "./home.js";
import { mountMessages } from "./messages.js";
import { mountModal } from "./modal.js";
import { mountReply } from "./reply.js";
import { Session } from "./session.js";
import { mountSidebar } from "./sidebar.js";
import { Workspace } from "./state.js";
import { mountSwitcher } from "./switcher.js";
import { mountThread } from "./thread.js";
import { refreshTimes } from "./time.js";

const REFRESH_TIMES_MS = 5_000;

function main() {
  const workspace = new Workspace();
  const session = new Session(workspace);
  workspace.current = location.hash.slice(1);

  mountSidebar(workspace, (user) => {
    setAddress({ user });
    session.start(user);
  });
  mountSwitcher(workspace);
  mountApps(workspace);
  mountHeader(workspace);
  mountMessages(workspace);
  mountThread(workspace);
  mountReply(workspace);
  mountModal(workspace);
  mountComposer(workspace);
  mountHome(workspace);

  workspace.addEventListener("channel", () => setAddress({ channel: workspace.current }));
  addEventListener("hashchange", () => workspace.show(location.hash.slice(1)));
  setInterval(() => refreshTimes(document), REFRESH_TIMES_MS);
  session.start(new URL(location.href).searchParams.get("user") ?? "");
}

function setAddress({ user, channel }) {
  const url = new URL(location.href);
  if (user) url.searchParams.set("user", user);
  if (channel) url.hash = channel;
  history.replaceState(null, "", url);
}

main();
