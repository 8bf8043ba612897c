// Shortcodes as Unicode: those that a status bot and its users are likely to use.

import { h } from "./dom.js";

const EMOJI = {
  // States and signs
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", negative_squared_cross_mark: "❎",
  warning: "⚠️", rotating_light: "🚨", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", exclamation: "❗",
  heavy_exclamation_mark: "❗", question: "❓", grey_question: "❔", grey_exclamation: "❕", bangbang: "‼️",
  information_source: "ℹ️", hourglass: "⌛", hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰",
  clock1: "🕐", clock3: "🕒", clock6: "🕕", clock9: "🕘", clock12: "🕛", arrows_counterclockwise: "🔄",
  arrows_clockwise: "🔃", repeat: "🔁", fast_forward: "⏩", rewind: "⏪", arrow_forward: "▶️", arrow_backward: "◀️",
  pause_button: "⏸️", double_vertical_bar: "⏸️", black_square_for_stop: "⏹️", stop_button: "⏹️", track_next: "⏭️",
  arrow_up: "⬆️", arrow_down: "⬇️", arrow_left: "⬅️", arrow_right: "➡️", arrow_upper_right: "↗️",
  leftwards_arrow_with_hook: "↩️", arrow_right_hook: "↪️", heavy_plus_sign: "➕", heavy_minus_sign: "➖",
  new: "🆕", ok: "🆗", sos: "🆘", up: "🆙", cool: "🆒", free: "🆓", recycle: "♻️", infinity: "♾️", trident: "🔱",
  // Colors
  red_circle: "🔴", large_orange_circle: "🟠", large_yellow_circle: "🟡", large_green_circle: "🟢",
  large_blue_circle: "🔵", blue_circle: "🔵", large_purple_circle: "🟣", large_brown_circle: "🟤", white_circle: "⚪",
  black_circle: "⚫", large_red_square: "🟥", large_orange_square: "🟧", large_yellow_square: "🟨",
  large_green_square: "🟩", large_blue_square: "🟦", large_purple_square: "🟪", white_large_square: "⬜",
  black_large_square: "⬛", white_small_square: "▫️", black_small_square: "▪️", white_medium_square: "◻️",
  large_blue_diamond: "🔷", small_blue_diamond: "🔹", large_orange_diamond: "🔶", small_orange_diamond: "🔸",
  small_red_triangle: "🔺", small_red_triangle_down: "🔻", radio_button: "🔘",
  // Tools
  bell: "🔔", no_bell: "🔕", mega: "📣", loudspeaker: "📢", speech_balloon: "💬", mag: "🔍", mag_right: "🔎",
  link: "🔗", lock: "🔒", unlock: "🔓", key: "🔑", gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", nut_and_bolt: "🔩",
  toolbox: "🧰", package: "📦", bookmark: "🔖", label: "🏷️", pushpin: "📌", round_pushpin: "📍", paperclip: "📎",
  clipboard: "📋", memo: "📝", pencil: "📝", pencil2: "✏️", page_facing_up: "📄", bookmark_tabs: "📑", scroll: "📜",
  books: "📚", open_book: "📖", card_index: "📇", file_folder: "📁", open_file_folder: "📂", inbox_tray: "📥",
  outbox_tray: "📤", wastebasket: "🗑️", bar_chart: "📊", chart_with_upwards_trend: "📈",
  chart_with_downwards_trend: "📉", calendar: "📆", date: "📅", spiral_calendar_pad: "🗓️", floppy_disk: "💾",
  computer: "💻", desktop_computer: "🖥️", satellite_antenna: "📡", electric_plug: "🔌", battery: "🔋", cloud: "☁️",
  snowflake: "❄️", rain_cloud: "🌧️", globe_with_meridians: "🌐", movie_camera: "🎥", clapper: "🎬", film_frames: "🎞️",
  video_camera: "📹", camera: "📷", frame_with_picture: "🖼️", microphone: "🎤", headphones: "🎧", robot_face: "🤖",
  shield: "🛡️", traffic_light: "🚦", vertical_traffic_light: "🚦", construction: "🚧", checkered_flag: "🏁",
  triangular_flag_on_post: "🚩", waving_white_flag: "🏳️", bulb: "💡", dart: "🎯", zap: "⚡", fire: "🔥", boom: "💥",
  ghost: "👻", skull: "💀", bug: "🐛", beetle: "🪲", rocket: "🚀", ship: "🚢", anchor: "⚓", turtle: "🐢", snail: "🐌",
  sparkles: "✨", star: "⭐", tada: "🎉", trophy: "🏆", seedling: "🌱", thread: "🧵", puzzle_piece: "🧩", test_tube: "🧪",
  // People
  wave: "👋", eyes: "👀", eye: "👁️", point_right: "👉", point_left: "👈", point_up: "☝️", point_down: "👇",
  "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", clap: "👏", raised_hands: "🙌", pray: "🙏", muscle: "💪",
  ok_hand: "👌", raised_hand: "✋", hand: "✋", handshake: "🤝", writing_hand: "✍️", shrug: "🤷", bust_in_silhouette: "👤",
  busts_in_silhouette: "👥", slightly_smiling_face: "🙂", smile: "😄", smiley: "😃", grinning: "😀", wink: "😉",
  joy: "😂", thinking_face: "🤔", neutral_face: "😐", face_with_rolling_eyes: "🙄", sweat_smile: "😅", grimacing: "😬",
  cry: "😢", sob: "😭", scream: "😱", sleeping: "😴", zzz: "💤", sunglasses: "😎", heart: "❤️", green_heart: "💚",
  yellow_heart: "💛", blue_heart: "💙", broken_heart: "💔", coffee: "☕", beers: "🍻", cake: "🍰", "100": "💯",
};

/**
 * The emoji of a shortcode (without its colons), or null. The shortcode stays as its tooltip.
 * @param {string} name
 */
export function emojiElement(name) {
  if (!Object.hasOwn(EMOJI, name)) return null;
  return h("span", { class: "emoji", title: `:${name}:` }, EMOJI[name]);
}

/** The rule for formatInline. */
export function emojiRule() {
  return { pattern: /:([a-z0-9_+-]+):(?::skin-tone-[2-6]:)?/uy, build: (match) => emojiElement(match[1]) };
}
