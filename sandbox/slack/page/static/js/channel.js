// How a conversation is named: channels have a #, direct messages with the app have its face.

import { avatar } from "./avatar.js";

/** @typedef {import("./state.js").Channel} Channel */

/** What stands before a conversation's name. @param {Channel} channel @param {import("./state.js").Workspace} workspace */
export function channelSign(channel, { app, users }) {
  return channel.im ? avatar(users.get(app.bot_user_id), app) : "#";
}

/** The whole name in running text. @param {Channel} channel */
export function channelTitle({ im, name }) {
  return im ? name : `#${name}`;
}
