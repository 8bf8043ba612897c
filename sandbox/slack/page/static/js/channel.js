// Conversation names: channels have a #, direct messages with the app its avatar.

import { avatar } from "./avatar.js";

/** @typedef {import("./state.js").Channel} Channel */

/** The sign before a conversation's name. @param {Channel} channel @param {import("./state.js").Workspace} workspace */
export function channelSign(channel, { app, users }) {
  return channel.im ? avatar(users.get(app.bot_user_id), app) : "#";
}

/** The whole name for use in a sentence. @param {Channel} channel */
export function channelTitle({ im, name }) {
  return im ? name : `#${name}`;
}
