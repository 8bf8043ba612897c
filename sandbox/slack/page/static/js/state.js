// The page's state. The page draws everything from it; events name the part that changed.

/**
 * @typedef {object} Message
 * @property {string} ts
 * @property {string} channel
 * @property {string} user
 * @property {boolean} bot
 * @property {string} [username]
 * @property {string} text
 * @property {any[]} [blocks]
 * @property {any[]} [attachments] its attachments, unfurled links included
 * @property {boolean} ephemeral
 * @property {boolean} edited
 * @property {number} [changed] when it last changed in this window, in seconds
 * @property {string | null} [thread_ts] the message that it replies to
 * @property {boolean} [broadcast] whether the channel shows the reply too
 * @property {string} [subtype] Slack's subtype of lines about a change of the channel
 * @property {boolean} [notice] a line from the workspace itself, only in this window
 *
 * @typedef {{id: string, name: string, real_name: string, is_bot: boolean, color: string}} User
 * @typedef {{name: string, type: "global" | "message", callback_id: string, description: string}} Shortcut
 * @typedef {"home" | "messages"} Tab
 * @typedef {{id: string, name: string, im: boolean, private: boolean, archived: boolean, bot_member: boolean}} Channel
 */

/**
 * Dispatches `loaded`, `channel` (another one is current), `thread` (another one, or none), `messages` (detail: the
 * channel's id), `tab` (another one of the app's own screen), `home` (the app published a new one), `channels`
 * (unread marks, or a new channel), `traits` (of the current channel), `views`,
 * `acknowledged` (the app acknowledged the last use), `notice` (detail: its text) and `connection`.
 */
export class Workspace extends EventTarget {
  team = { id: "", name: "" };
  /** Every workspace that the page can switch to. @type {{id: string, name: string, path: string, organization: string}[]} */
  workspaces = [];
  /** The app. `organization` is the name of the organization that installed it for all its workspaces. */
  app = { name: "", bot_user_id: "", installed: true, organization: "" };
  me = "";
  /** @type {Map<string, User>} */
  users = new Map();
  /** @type {Channel[]} */
  channels = [];
  commands = [];
  /** @type {Shortcut[]} */
  shortcuts = [];
  /** @type {{id: string, handle: string}[]} */
  groups = [];
  /** The tabs of the app's own screen. */
  appHome = { home_tab_enabled: false, messages_tab_enabled: true, messages_tab_read_only_enabled: false };
  /** The app's Home tab for this person, or null. */
  home = null;
  /** @type {Tab | null} the current tab of the app's own screen */
  tab = null;
  views = [];
  /** Whether a bot is connected to the workspace. */
  connected = false;
  /** The bot's request URL; empty if bots connect to the workspace. */
  requestUrl = "";
  /** Whether this page is connected to the workspace. */
  online = false;
  /** The id of the current channel. */
  current = "";
  /** The ts of the message whose thread is open beside the channel, or null. */
  thread = null;
  unread = new Set();
  /** @type {Map<string, Map<string, Message>>} */
  #messages = new Map();
  /** @type {Message[]} */
  #notices = [];
  #dismissed = new Set();

  /** Load a new state from the server. The current channel stays if it still exists. */
  load(state) {
    if (state.me !== this.me) this.#notices = [];
    Object.assign(this, { team: state.team, app: state.app, me: state.me, channels: state.channels });
    Object.assign(this, { workspaces: state.workspaces, requestUrl: state.request_url });
    Object.assign(this, { commands: state.commands, connected: state.connected, views: state.view_stack ?? [] });
    Object.assign(this, { shortcuts: state.shortcuts ?? [], groups: state.groups ?? [], home: state.home ?? null });
    Object.assign(this.appHome, state.app_home);
    this.users = new Map(state.users.map((user) => [user.id, user]));
    this.#messages = new Map(Object.entries(state.messages).map(([id, list]) => [id, new Map(list.map((message) => [message.ts, message]))]));
    this.current = this.#counterpart(this.current) ?? this.channels.find(({ archived }) => !archived)?.id ?? "";
    if (!this.tabs(this.current).includes(this.tab)) this.tab = this.#firstTab(this.current);
    this.#emit("loaded");
  }

  /** Apply one event of the live connection. */
  receive(event) {
    switch (event.type) {
      case "message": return this.#put(event.message, true);
      case "message_changed": return this.#put({ ...event.message, changed: Date.now() / 1000 }, false);
      case "message_deleted": return this.#remove(event.channel, event.ts);
      case "channel": return this.#putChannel(event.channel);
      case "notice": return this.notice(event.channel, event.text);
      case "home": this.home = event.home; return this.#emit("home");
      case "views": this.views = event.view_stack; return this.#emit("views");
      case "acknowledged": return this.#emit("acknowledged");
      case "connected": this.connected = event.connected; return this.#emit("connection");
      default: return undefined; // a newer server can send events that this page does not support
    }
  }

  setOnline(online) {
    this.online = online;
    this.#emit("connection");
  }

  show(channelId) {
    if (!this.channel(channelId)) return;
    if (channelId !== this.current) this.showThread(null);
    const tab = this.unread.has(channelId) ? "messages" : channelId === this.current ? this.tab : null;
    this.current = channelId;
    this.tab = this.tabs(channelId).includes(tab) ? tab : this.#firstTab(channelId);
    if (this.tab !== "home") this.unread.delete(channelId);
    this.#emit("channel");
  }

  /** Show another tab of the app's own screen. @param {Tab} tab */
  showTab(tab) {
    if (tab === this.tab || !this.tabs(this.current).includes(tab)) return;
    if (tab === "home") this.showThread(null);
    else if (this.unread.delete(this.current)) this.#emit("channels");
    this.tab = tab;
    this.#emit("tab");
  }

  /** Whether a conversation is the app's own screen. */
  isHome(channelId) {
    return Boolean(this.channel(channelId)?.im);
  }

  /** Whether people can post there. */
  isWritable(channelId) {
    const channel = this.channel(channelId);
    if (!channel || channel.archived) return false;
    return !channel.im || (this.appHome.messages_tab_enabled && !this.appHome.messages_tab_read_only_enabled);
  }

  /** The tabs of a conversation: the app's own screen has some. @returns {Tab[]} */
  tabs(channelId) {
    if (!this.isHome(channelId)) return [];
    const { home_tab_enabled: home, messages_tab_enabled: messages } = this.appHome;
    return /** @type {Tab[]} */ ([home && "home", messages && "messages"].filter(Boolean));
  }

  /** Open the thread of a message of the current channel, or none. @param {string | null} ts */
  showThread(ts) {
    if (ts === this.thread) return;
    this.thread = ts;
    this.#emit("thread");
  }

  /** A line from the workspace itself that only this window shows. */
  notice(channelId, text) {
    const channel = this.channel(channelId) ? channelId : this.current;
    const last = this.timeline(channel).at(-1)?.ts ?? "0";
    const now = (Date.now() / 1000).toFixed(6);
    const ts = now > last ? now : (Number(last) + 0.000_001).toFixed(6);
    this.#notices.push({ ts, channel, text, user: "", bot: false, ephemeral: true, edited: false, notice: true });
    this.#emit("messages", channel);
    this.#emit("notice", text);
  }

  /** Hide a message that only this person sees. */
  dismiss({ channel, ts }) {
    this.#dismissed.add(`${channel} ${ts}`);
    this.#emit("messages", channel);
  }

  /** Remove the topmost view until the server sends the open views. */
  dropTopView() {
    this.views = this.views.slice(0, -1);
    this.#emit("views");
  }

  /** The messages that a channel shows, oldest first: all except replies that were not also sent to it. */
  timeline(channelId) {
    const notices = this.#notices.filter(({ channel }) => channel === channelId);
    return [...this.#all(channelId).filter(({ thread_ts, broadcast }) => !thread_ts || broadcast), ...notices]
      .sort((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  /** The replies in a channel, by the ts of their parent, oldest first. @returns {Map<string, Message[]>} */
  replies(channelId) {
    const threads = new Map();
    for (const message of this.#all(channelId).filter(({ thread_ts }) => thread_ts)) {
      if (!threads.has(message.thread_ts)) threads.set(message.thread_ts, []);
      threads.get(message.thread_ts).push(message);
    }
    return threads;
  }

  /** @returns {Message | undefined} */
  message(channelId, ts) {
    return this.#messages.get(channelId)?.get(ts);
  }

  channel(id) {
    return this.channels.find((channel) => channel.id === id);
  }

  /** @returns {import("./mrkdwn.js").Names} */
  get names() {
    return {
      me: this.me,
      user: (id) => this.users.get(id)?.name ?? (id === this.app.bot_user_id ? this.app.name : id),
      channel: (id) => this.channel(id)?.name ?? id,
      group: (id) => this.groups.find((group) => group.id === id)?.handle ?? id,
    };
  }

  #put(message, isNew) {
    const { channel, ts } = message;
    if (!this.#messages.has(channel)) this.#messages.set(channel, new Map());
    this.#messages.get(channel).set(ts, message);
    if (isNew && (channel !== this.current || this.tab === "home") && (!message.thread_ts || message.broadcast)) {
      this.unread.add(channel);
      this.#emit("channels");
    }
    this.#emit("messages", channel);
  }

  #putChannel(channel) {
    const place = this.channels.findIndex(({ id }) => id === channel.id);
    if (place < 0) this.channels.push(channel);
    else this.channels[place] = channel;
    this.#emit("channels");
    if (channel.id === this.current) this.#emit("traits");
  }

  /** The same conversation for the current person: each person's screen of the app has its own id. */
  #counterpart(channelId) {
    if (this.channel(channelId)) return channelId;
    return channelId.startsWith("D") ? this.channels.find(({ im }) => im)?.id : undefined;
  }

  /** The first tab of the app's own screen: Messages if there are any, otherwise Home. @returns {Tab | null} */
  #firstTab(channelId) {
    const tabs = this.tabs(channelId);
    return tabs.includes("messages") && this.#all(channelId).length > 0 ? "messages" : tabs[0] ?? null;
  }

  /** Every message of a channel except dismissed ones, oldest first. */
  #all(channelId) {
    return [...(this.#messages.get(channelId)?.values() ?? [])]
      .filter(({ channel, ts }) => !this.#dismissed.has(`${channel} ${ts}`))
      .sort((a, b) => (a.ts < b.ts ? -1 : 1));
  }

  #remove(channel, ts) {
    this.#messages.get(channel)?.delete(ts);
    this.#emit("messages", channel);
  }

  #emit(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
