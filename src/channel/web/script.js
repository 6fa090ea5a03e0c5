"use strict";
const at = (id) => document.getElementById(id);
const said = document.body.dataset;
const letters = at("letters");
let first = true;

const made = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);
const name = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

let noticed;
function notice(text) {
  at("notice").textContent = text;
  clearTimeout(noticed);
  noticed = setTimeout(() => { at("notice").textContent = ""; }, 5000);
}

const post = (what, body) => send(what, JSON.stringify(body), "application/json");

// The same act keeps its name when it is sent again, so that it happens once.
async function send(what, body, kind) {
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      const answer = await fetch(what, { method: "POST", headers: { "content-type": kind }, body });
      if (answer.ok) return true;
      if (answer.status === 401) await enter();
      else if (answer.status !== 503) break;
    } catch { /* the network is away: once more */ }
    await new Promise((done) => setTimeout(done, 600 * (attempt + 1)));
  }
  notice(said.failed);
  return false;
}

const enter = () => fetch("enter", { method: "POST" }).then((answer) => answer.ok, () => false);

async function write(text, what = "text") {
  return text.trim() !== "" && post(what, { act: name(), text });
}

function button(key, number) {
  const [kind, value] = Object.entries(key.does)[0];
  if (kind === "open") return made("a", { className: "key", href: value, target: "_blank", rel: "noopener noreferrer", textContent: key.label });
  const shown = made("button", { type: "button", className: "key", textContent: key.label });
  shown.addEventListener("click", async () => {
    if (kind === "copy") {
      await copy(value);
      return notice(said.copied);
    }
    shown.disabled = true;
    if (kind === "locate") await locate();
    else if (kind === "say") await write(value);
    else await post("press", { act: name(), token: value, message: number });
    shown.disabled = false;
    if (!shown.isConnected) at("text").focus({ preventScroll: true });
  });
  return shown;
}

const locate = () => new Promise((done) => {
  const unknown = () => { notice(said.nowhere); done(false); };
  if (!navigator.geolocation) return unknown();
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => done(write(`${coords.latitude.toFixed(6)}, ${coords.longitude.toFixed(6)}`, "location")), unknown, { timeout: 15000 });
});

async function attach(file) {
  if (file.size > 20 * 1024 * 1024) return notice(said.large);
  const address = `file?${new URLSearchParams({ act: name(), name: file.name })}`;
  at("attach").disabled = true;
  await send(address, file, file.type || "application/octet-stream");
  at("attach").disabled = false;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = made("textarea", { value: text, className: "unseen" });
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

function keys(letter) {
  const rows = letter.rows.map((row) => {
    const line = made("div", { className: "row" });
    line.append(...row.map((key) => button(key, letter.number)));
    return line;
  });
  if (letter.contact) {
    const line = made("div", { className: "row" });
    const ask = made("button", { type: "button", className: "key main", textContent: letter.contact.label });
    ask.addEventListener("click", () => askNumber());
    line.append(ask);
    if (letter.contact.skip) {
      const skip = made("button", { type: "button", className: "key", textContent: letter.contact.skip });
      skip.addEventListener("click", () => write(letter.contact.skip));
      line.append(skip);
    }
    rows.push(line);
  }
  return rows;
}

// What stands in `html` was made by the server from formatting alone.
function drawn(letter) {
  const bubble = made("article", { id: `letter-${letter.number}`, className: letter.by ? "mine" : "theirs" });
  bubble.classList.toggle("open", letter.open);
  bubble.classList.toggle("protected", letter.protect);
  const text = made("div", { className: "text", innerHTML: letter.html });
  for (const spoiler of text.querySelectorAll(".spoiler")) {
    spoiler.setAttribute("role", "button");
    spoiler.setAttribute("aria-label", said.spoiler);
    const show = () => {
      spoiler.classList.add("shown");
      spoiler.removeAttribute("role");
      spoiler.removeAttribute("aria-label");
    };
    spoiler.addEventListener("click", show);
    spoiler.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(); } });
  }
  if (letter.protect) for (const kind of ["copy", "cut", "contextmenu", "dragstart"]) text.addEventListener(kind, (event) => event.preventDefault());
  bubble.append(made("span", { className: "unseen", textContent: `${letter.by ? said.you : said.bot}: ` }), text, ...keys(letter));
  return bubble;
}

function put(letter) {
  const there = at(`letter-${letter.number}`);
  if (letter.gone) there?.remove();
  else if (there) {
    const focused = there.contains(document.activeElement);
    const fresh = drawn(letter);
    there.replaceWith(fresh);
    if (focused) (fresh.querySelector("button, a") ?? at("text")).focus({ preventScroll: true });
  } else {
    const fresh = drawn(letter);
    fresh.classList.add("fresh");
    letters.append(fresh);
  }
  at("hello").hidden = letters.childElementCount > 0;
  at("number").hidden ||= !letters.querySelector(".key.main");
  at("write").hidden = !at("number").hidden;
}

const low = () => letters.scrollHeight - letters.scrollTop - letters.clientHeight < 120;
const down = () => { letters.scrollTop = letters.scrollHeight; };

function listen() {
  const events = new EventSource("events");
  const on = (kind, act) => events.addEventListener(kind, (event) => act(JSON.parse(event.data)));
  on("letters", (all) => {
    // A page that opens is not read aloud from the beginning.
    letters.setAttribute("aria-live", "off");
    letters.replaceChildren();
    all.forEach(put);
    at("hello").hidden = letters.childElementCount > 0;
    requestAnimationFrame(() => { down(); letters.setAttribute("aria-live", "polite"); });
    at("state").hidden = true;
    if (first && matchMedia("(hover: hover)").matches) at("text").focus({ preventScroll: true });
    first = false;
  });
  on("letter", (letter) => {
    const follow = low() || letter.by;
    put(letter);
    if (follow) down();
  });
  on("notice", notice);
  on("commands", menu);
  events.onerror = () => {
    at("state").hidden = false;
    events.close();
    setTimeout(async () => { await enter(); listen(); }, 1500);
  };
}

function menu(commands) {
  at("menu-button").hidden = commands.length === 0;
  at("menu").replaceChildren(...commands.map(([command, title]) => {
    const item = made("li");
    const choice = made("button", { type: "button" });
    choice.append(made("b", { textContent: command }), made("span", { textContent: title }));
    choice.addEventListener("click", () => { fold(); at("text").focus(); write(command); });
    item.append(choice);
    return item;
  }));
}

function fold() {
  at("menu").hidden = true;
  at("menu-button").setAttribute("aria-expanded", "false");
}

function askNumber() {
  at("number").hidden = false;
  at("write").hidden = true;
  at("own").focus();
  down();
}

function closeNumber() {
  at("number").hidden = true;
  at("write").hidden = false;
  at("text").focus();
}

at("menu-button").addEventListener("click", () => {
  const opens = at("menu").hidden;
  at("menu").hidden = !opens;
  at("menu-button").setAttribute("aria-expanded", String(opens));
  if (opens) at("menu").querySelector("button")?.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if (!at("menu").hidden) { fold(); at("menu-button").focus(); }
  else if (!at("number").hidden) closeNumber();
});
document.addEventListener("click", (event) => { if (!event.target.closest("header")) fold(); });
at("begin").addEventListener("click", () => write("/start"));
at("cancel").addEventListener("click", closeNumber);
at("number").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await write(at("own").value, "contact")) { at("own").value = ""; closeNumber(); }
});
at("attach").addEventListener("click", () => at("file").click());
at("file").addEventListener("change", async () => {
  for (const file of at("file").files) await attach(file);
  at("file").value = "";
});
at("write").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = at("text");
  const text = field.value;
  field.value = "";
  grow();
  if (!await write(text) && field.value === "") field.value = text;
});
at("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("write").requestSubmit();
  }
});
const grow = () => { const field = at("text"); field.rows = Math.min(6, field.value.split("\n").length); };
at("text").addEventListener("input", grow);

menu(JSON.parse(said.commands));
enter().then(listen);
