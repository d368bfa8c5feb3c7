"use strict";
// The page keeps no truth: it asks api/state for what is new since the last
// message it has, whenever api/events says that something changed. Text from
// the bot reaches the page as parts and is set as textContent, never as HTML.

const $ = (id) => document.getElementById(id);
const SIDE_BY_SIDE = window.matchMedia("(min-width: 1001px)");
const ZONE = 8 * 3600e3; // the village's time, whatever the browser's is
const DAYS = ["日", "一", "二", "三", "四", "五", "六"];

const page = {
  run: "",            // which run of the server the messages are from
  seq: 0,             // the newest message that we have
  who: "",            // whose phone it is
  people: [],
  talks: new Map(),   // openid → messages
  drafts: new Map(),  // openid → what is typed and not sent
  state: null,
  profile: false,
  menuMode: new Map(), // openid → is the menu shown in place of the keyboard
  menuJSON: "",
};

function el(tag, cls, text) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  if (text !== undefined) e.textContent = text;
  return e;
}

// ---- time

function civil(ms) { return new Date(ms + ZONE); }
function two(n) { return String(n).padStart(2, "0"); }
function hhmm(ms) { const d = civil(ms); return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()); }
function dayNumber(ms) { return Math.floor((ms + ZONE) / 864e5); }
function dayText(ms) {
  const d = civil(ms);
  return d.getUTCFullYear() + "年" + (d.getUTCMonth() + 1) + "月" + d.getUTCDate() + "日";
}
function whenText(ms, now) {
  const ago = dayNumber(now) - dayNumber(ms);
  if (ago <= 0) return hhmm(ms);
  if (ago === 1) return "昨天 " + hhmm(ms);
  if (ago < 7) return "星期" + DAYS[civil(ms).getUTCDay()] + " " + hhmm(ms);
  return dayText(ms) + " " + hhmm(ms);
}
function untilText(ms, now) {
  const d = civil(ms);
  return (dayNumber(ms) === dayNumber(now) ? "今天 " : (d.getUTCMonth() + 1) + "月" + d.getUTCDate() + "日 ") + hhmm(ms);
}
function shortWhen(ms, now) {
  const ago = dayNumber(now) - dayNumber(ms);
  if (ago <= 0) return hhmm(ms);
  if (ago === 1) return "昨天";
  const d = civil(ms);
  return (d.getUTCMonth() + 1) + "月" + d.getUTCDate() + "日";
}

// ---- talking to the server

let asking = false, again = false;

async function refresh() {
  if (asking) { again = true; return; }
  asking = true;
  try {
    do {
      again = false;
      const q = new URLSearchParams({ run: page.run, since: page.seq, who: page.who });
      const answer = await fetch("api/state?" + q, { cache: "no-store" });
      if (!answer.ok) throw new Error("HTTP " + answer.status);
      take(await answer.json(), q.get("who"));
    } while (again);
    if ($("trouble").dataset.kind === "offline") complain("");
  } catch (err) {
    complain("连不上模拟器，正在再试。", "offline");
  } finally {
    asking = false;
  }
}

async function post(path, body) {
  if (path !== "read") complain("");
  try {
    const answer = await fetch("api/" + path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(Object.assign({ who: page.who }, body)),
    });
    const got = await answer.json().catch(() => ({}));
    if (!answer.ok) complain(got.error || "没有办成（" + answer.status + "）。");
    refresh();
    return answer.ok;
  } catch (err) {
    complain("连不上模拟器，请再试一次。", "offline");
    return false;
  }
}

function complain(text, kind) {
  $("trouble").textContent = text;
  $("trouble").hidden = !text;
  $("trouble").dataset.kind = kind || "";
}

function listen() {
  const events = new EventSource("api/events");
  events.addEventListener("changed", refresh);
  events.onopen = refresh;
  events.onerror = () => {
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  };
}

// take brings the page up to a state. Messages before since are ours already.
function take(state, askedFor) {
  if (state.run !== page.run) {
    page.run = state.run;
    page.seq = 0;
    page.talks.clear();
    $("chat").replaceChildren();
  }
  page.state = state;
  page.people = state.personas;
  if (!page.people.some((p) => p.openid === page.who)) {
    page.who = (page.people.find((p) => p.openid === decodeURIComponent(location.hash.slice(1))) || page.people[0] || { openid: "" }).openid;
    again = true; // the menu and the quota are of whose phone it is
  }
  const fresh = [];
  for (const m of state.messages) {
    if (m.seq <= page.seq) continue;
    if (!page.talks.has(m.who)) page.talks.set(m.who, []);
    page.talks.get(m.who).push(m);
    if (m.who === page.who) fresh.push(m);
  }
  page.seq = Math.max(page.seq, state.seq);
  drawPeople();
  drawPhone();
  const day = String(dayNumber(state.now)); // “昨天” becomes a weekday
  if ($("chat").dataset.who !== page.who || $("chat").dataset.day !== day) redrawChat(); else appendChat(fresh);
  if (askedFor === page.who) { drawMenu(state.menu || []); drawQuota(state.quota); }
  drawSide();
  markRead();
}

// ---- people

function me() { return page.people.find((p) => p.openid === page.who); }

function avatar(p) {
  let sum = 0;
  for (const c of p.openid) sum += c.codePointAt(0);
  const a = el("span", "avatar c" + (sum % 7), Array.from(p.name).slice(-1)[0] || "?");
  a.setAttribute("aria-hidden", "true");
  return a;
}

function drawPeople() {
  const list = $("personas");
  const now = page.state.now;
  const have = new Map(Array.from(list.children, (li) => [li.firstChild.dataset.persona, li]));
  page.people.forEach((p, i) => {
    let li = have.get(p.openid);
    have.delete(p.openid);
    if (!li) {
      li = el("li");
      const b = el("button", "person");
      b.type = "button";
      b.dataset.persona = p.openid;
      b.append(el("span", "face"), el("span", "lines"));
      b.firstChild.append(avatar(p));
      b.addEventListener("click", () => choose(p.openid));
      li.append(b);
    }
    if (list.children[i] !== li) list.insertBefore(li, list.children[i] || null);
    const b = li.firstChild;
    b.setAttribute("aria-current", String(p.openid === page.who));
    b.title = p.note || "";
    b.querySelector(".badge")?.remove();
    if (p.unread > 0) {
      const badge = el("b", "badge", p.unread > 99 ? "99+" : String(p.unread));
      badge.setAttribute("aria-label", p.unread + "条没看");
      b.firstChild.append(badge);
    }
    const name = el("span", "name");
    name.append(el("span", "", p.name), el("em", "", p.lastAt ? shortWhen(p.lastAt, now) : ""));
    const role = [p.village, p.role].filter(Boolean).join(" · ");
    const lines = [name, el("div", "role", role || p.note)];
    lines.push(el("div", "last", p.follows ? (p.last || p.note || "还没说过话") : "还没关注"));
    b.lastChild.replaceChildren(...lines);
  });
  for (const li of have.values()) li.remove();
  const waiting = page.people.reduce((n, p) => n + (p.openid === page.who ? 0 : p.unread), 0);
  $("people-dot").hidden = waiting === 0;
  $("back-count").hidden = waiting === 0;
  $("back-count").textContent = waiting;
}

function choose(openid) {
  if (openid !== page.who) {
    page.drafts.set(page.who, $("input").value);
    page.who = openid;
    page.profile = false;
    closePanels();
    $("scanner").hidden = true;
    $("input").value = page.drafts.get(openid) || "";
    history.replaceState(null, "", "#" + encodeURIComponent(openid));
    complain("");
    drawMenu([]);
    drawPeople();
    drawPhone();
    redrawChat();
    inputChanged();
  }
  showPane("phone");
  refresh();
}

let reading = false;
function markRead() {
  const p = me();
  if (!p || p.unread === 0 || reading || document.hidden) return;
  if (!SIDE_BY_SIDE.matches && document.body.dataset.pane !== "phone") return;
  reading = true;
  post("read", {}).finally(() => { reading = false; });
}

// ---- the phone

function drawPhone() {
  const p = me();
  if (!p) return;
  const name = page.state.account;
  $("title").textContent = name;
  $("profile-name").textContent = name;
  $("status-time").textContent = hhmm(page.state.now);
  const profile = page.profile || !p.follows;
  $("profile").hidden = !profile;
  $("chat").hidden = profile;
  $("follow").hidden = p.follows;
  $("enter").hidden = !p.follows;
  $("unfollow").hidden = !p.follows;
  $("bottom").classList.toggle("shut", profile);
  if (profile) $("newer").hidden = true;
  $("input").setAttribute("aria-label", p.name + "写给" + name + "的话");
}

function atEnd() {
  const c = $("chat");
  return c.scrollHeight - c.scrollTop - c.clientHeight < 60;
}
function toEnd() { $("chat").scrollTop = $("chat").scrollHeight; $("newer").hidden = true; }

function redrawChat() {
  $("chat").replaceChildren();
  $("chat").dataset.who = page.who;
  $("chat").dataset.day = String(dayNumber(page.state.now));
  $("chat").dataset.last = "0";
  const talk = page.talks.get(page.who) || [];
  if (talk.length === 0) $("chat").append(tip());
  addMessages(talk);
  toEnd();
}

// tip says whose phone this is, until something has been said on it.
function tip() {
  const p = me() || { name: "" };
  const t = el("div", "tip");
  t.append(el("b", "", "这是" + p.name + "的手机"), el("span", "", [p.village, p.role].filter(Boolean).join(" · ")));
  if (p.note) t.append(el("span", "", p.note));
  return t;
}

function appendChat(fresh) {
  if (fresh.length === 0) return;
  $("chat").querySelector(".tip")?.remove();
  const follow = atEnd() || fresh.some((m) => m.out);
  addMessages(fresh);
  if (follow) toEnd(); else $("newer").hidden = false;
}

function addMessages(messages) {
  const chat = $("chat");
  for (const m of messages) {
    if (m.at - Number(chat.dataset.last) > 5 * 60e3) chat.append(el("div", "when", whenText(m.at, page.state.now)));
    chat.dataset.last = m.at;
    chat.append(drawMessage(m));
  }
}

function drawMessage(m) {
  if (m.kind === "system") return el("div", "system", m.parts.map((p) => p.text).join(""));
  if (m.kind === "template") return drawNotice(m);
  const row = el("div", "msg " + (m.out ? "out" : "in"));
  row.dataset.seq = m.seq;
  const face = m.out ? avatar(me()) : el("span", "avatar account");
  face.setAttribute("aria-hidden", "true");
  row.append(face, drawBubble(m));
  return row;
}

function drawBubble(m) {
  const b = el("div", "bubble");
  const text = m.parts.map((p) => p.text).join("");
  switch (m.kind) {
    case "voice":
      b.classList.add("voice");
      b.append(el("span", "", "4″"), $("voice").querySelector("svg").cloneNode(true));
      b.setAttribute("aria-label", "一段语音");
      return b;
    case "image": b.classList.add("picture"); b.textContent = text; return b;
    case "sticker": b.classList.add("sticker"); b.textContent = text; return b;
    case "location":
      b.classList.add("place");
      b.append(el("div", "", text), el("i"));
      return b;
  }
  for (const p of m.parts) b.append(drawPart(p));
  return b;
}

function drawPart(p) {
  if (p.content) {
    const a = el("a", "tap", p.text);
    a.setAttribute("role", "button");
    a.href = "#";
    a.dataset.content = p.content;
    a.addEventListener("click", (e) => {
      e.preventDefault();
      post("tap", { text: p.content, id: p.id || "" });
    });
    return a;
  }
  if (p.href) {
    const a = el("a", "web", p.text);
    a.href = p.href;
    a.target = "_blank";
    a.rel = "noopener noreferrer";
    a.addEventListener("click", () => { // jweixin.js asks whose phone the page is open on
      document.cookie = "simulator-phone=" + encodeURIComponent(page.who) + "; path=/; SameSite=Strict";
    });
    return a;
  }
  return document.createTextNode(p.text);
}

function drawNotice(m) {
  const card = el("div", "notice");
  const from = el("div", "from");
  from.append(el("span", "avatar account"), el("span", "", "服务通知"));
  const rows = el("dl");
  for (const r of m.rows || []) rows.append(el("dt", "", r.name), el("dd", "", r.value));
  card.append(from, el("h3", "", m.title), rows);
  if (m.href) {
    const foot = el("a", "foot", "查看详情");
    foot.href = m.href;
    foot.target = "_blank";
    foot.rel = "noopener noreferrer";
    foot.append(el("span", "", "›"));
    card.append(foot);
  }
  return card;
}

// ---- the account's menu

function drawMenu(buttons) {
  const has = buttons.length > 0;
  if (!page.menuMode.has(page.who) && has) page.menuMode.set(page.who, true);
  const shown = has && page.menuMode.get(page.who) === true;
  $("menubar").hidden = !shown;
  $("keyboard").hidden = shown;
  $("to-menu").hidden = !has;
  const json = JSON.stringify(buttons);
  if (json === page.menuJSON) return;
  page.menuJSON = json;
  $("menu").replaceChildren(...buttons.map((b) => {
    const cell = el("div");
    const top = el("button", "top-item", b.name);
    top.type = "button";
    cell.append(top);
    if (b.sub_button && b.sub_button.length) {
      top.classList.add("has");
      top.setAttribute("aria-expanded", "false");
      const sub = el("div", "sub");
      sub.hidden = true;
      for (const s of b.sub_button) {
        const item = el("button", "", s.name);
        item.type = "button";
        item.addEventListener("click", () => { closeSubs(); clickMenu(s); });
        sub.append(item);
      }
      cell.append(sub);
      top.addEventListener("click", () => {
        const open = sub.hidden;
        closeSubs();
        sub.hidden = !open;
        top.setAttribute("aria-expanded", String(open));
      });
    } else {
      top.addEventListener("click", () => { closeSubs(); clickMenu(b); });
    }
    return cell;
  }));
}

function closeSubs() {
  for (const s of $("menu").querySelectorAll(".sub")) s.hidden = true;
  for (const t of $("menu").querySelectorAll("[aria-expanded]")) t.setAttribute("aria-expanded", "false");
}

function clickMenu(b) {
  if (b.type === "view" && /^https?:/.test(b.url)) window.open(b.url, "_blank", "noopener");
  post("menu", { type: b.type, key: b.type === "view" ? b.url : b.key });
}

function setMenuMode(on) {
  page.menuMode.set(page.who, on);
  $("menubar").hidden = !on;
  $("keyboard").hidden = on;
  closePanels();
  closeSubs();
  if (!on) $("input").focus(); else $("to-keyboard").focus();
}

// ---- clock, quota, pushes

function drawSide() {
  const s = page.state;
  $("trial").hidden = !s.forms;
  $("clock-day").textContent = dayText(s.now) + " 周" + DAYS[civil(s.now).getUTCDay()];
  $("clock-time").textContent = hhmm(s.now);
  for (const b of document.querySelectorAll("[data-move]")) b.disabled = s.moving;
  $("moving").textContent = s.moving ? "正在往前走……" : "往前拨，到点的事一件件按自己的时刻办。";
  const list = $("pushes");
  const seen = Number(list.dataset.run === page.run ? list.dataset.last || 0 : 0);
  if (list.dataset.run !== page.run) list.replaceChildren();
  list.dataset.run = page.run;
  for (const p of s.pushes) {
    if (p.n <= seen) continue;
    list.dataset.last = p.n;
    const li = el("li");
    const line = el("div", "line");
    const d = civil(p.at);
    line.append(el("time", "", (d.getUTCMonth() + 1) + "/" + d.getUTCDate() + " " + hhmm(p.at)), el("span", "", p.name),
      el("span", "", p.channel), el("span", p.ok ? "ok" : "bad", p.result));
    li.append(line, el("p", "", p.text));
    list.prepend(li);
    if (list.children.length > 100) list.lastChild.remove();
  }
  $("no-pushes").hidden = list.children.length > 0;
}

function drawQuota(q) {
  const p = me();
  if (!p) return;
  const meter = $("quota");
  meter.replaceChildren();
  for (let i = 0; i < q.limit; i++) meter.append(el("i", i < q.left ? "left" : ""));
  let text = p.name + "：还能发 " + q.left + " / " + q.limit + " 条";
  if (!p.follows) text = p.name + "没有关注，什么也发不到。";
  else if (q.left > 0) text += "，到" + untilText(q.until, page.state.now) + "为止。";
  else text += q.open ? "，用完了，要等对方再说话。" : "。对方说一句话，48 小时内能发 5 条。";
  $("quota-text").textContent = text;
  meter.setAttribute("aria-label", text);
}

// ---- the bottom bar

function inputChanged() {
  const t = $("input");
  const typed = t.value.trim() !== "";
  $("send").hidden = !typed;
  $("plus").hidden = typed;
  t.style.height = "auto";
  t.style.height = Math.min(t.scrollHeight, 118) + "px";
}

function send() {
  const t = $("input");
  const text = t.value.trim();
  if (!text) return;
  t.value = "";
  inputChanged();
  t.focus();
  const who = page.who;
  post("text", { text }).then((ok) => {
    if (ok || t.value || page.who !== who) return;
    t.value = text; // not lost when the server is away
    inputChanged();
  });
}

function closePanels() {
  for (const [button, panel] of [["faces", "face-panel"], ["plus", "plus-panel"]]) {
    $(panel).hidden = true;
    $(button).setAttribute("aria-expanded", "false");
  }
}

function togglePanel(button, panel) {
  const open = $(panel).hidden;
  closePanels();
  $(panel).hidden = !open;
  $(button).setAttribute("aria-expanded", String(open));
  if (atEnd() || open) toEnd();
}

function setTalking(on) {
  $("voice").setAttribute("aria-pressed", String(on));
  $("talk").hidden = !on;
  $("input").hidden = on;
}

function showPane(name) {
  document.body.dataset.pane = name;
  for (const t of document.querySelectorAll("[data-tab]")) t.setAttribute("aria-current", String(t.dataset.tab === name));
  if (name === "phone" && page.state) { toEnd(); markRead(); }
}

function openScanner() {
  closePanels();
  $("posters").replaceChildren(...(page.state.posters || []).map((p) => {
    const b = el("button", "", p.name);
    b.type = "button";
    b.dataset.scene = p.scene;
    b.addEventListener("click", () => scan(p.scene));
    return b;
  }));
  $("scanner").hidden = false;
  $("scene").focus();
}

function scan(scene) {
  $("scanner").hidden = true;
  $("scene").value = "";
  page.profile = false;
  post("scan", { text: scene });
}

$("keyboard").addEventListener("submit", (e) => { e.preventDefault(); send(); });
$("input").addEventListener("input", inputChanged);
$("input").addEventListener("keydown", (e) => {
  // Enter that chooses a word in an input method is not ours; Safari ends the
  // composition before that keydown and tells only by the code 229.
  if (e.key !== "Enter" || e.shiftKey || e.isComposing || e.keyCode === 229) return;
  e.preventDefault();
  send();
});
$("input").addEventListener("focus", closePanels);
$("to-menu").addEventListener("click", () => setMenuMode(true));
$("to-keyboard").addEventListener("click", () => setMenuMode(false));
$("voice").addEventListener("click", () => setTalking($("talk").hidden));
$("talk").addEventListener("click", () => post("send", { kind: "voice" }));
$("faces").addEventListener("click", () => togglePanel("faces", "face-panel"));
$("plus").addEventListener("click", () => togglePanel("plus", "plus-panel"));
for (const b of document.querySelectorAll("[data-send]")) {
  b.addEventListener("click", () => { closePanels(); post("send", { kind: b.dataset.send, text: b.dataset.sticker || "" }); });
}
for (const b of document.querySelectorAll("[data-open]")) b.addEventListener("click", openScanner);
for (const b of document.querySelectorAll("[data-close]")) b.addEventListener("click", () => { $(b.dataset.close).hidden = true; });
$("scanner").addEventListener("submit", (e) => { e.preventDefault(); if ($("scene").value.trim()) scan($("scene").value.trim()); });
$("follow").addEventListener("click", () => { page.profile = false; post("follow", {}); });
$("unfollow").addEventListener("click", () => { page.profile = false; page.menuMode.delete(page.who); post("unfollow", {}); });
$("enter").addEventListener("click", () => { page.profile = false; drawPhone(); toEnd(); });
$("more").addEventListener("click", () => { page.profile = !page.profile; drawPhone(); });
$("back").addEventListener("click", () => {
  if (page.profile) { page.profile = false; drawPhone(); toEnd(); return; }
  if (SIDE_BY_SIDE.matches) document.querySelector(".person[aria-current=true]")?.focus(); else showPane("people");
});
$("newer").addEventListener("click", toEnd);
$("chat").addEventListener("scroll", () => { if (atEnd()) $("newer").hidden = true; });
for (const b of document.querySelectorAll("[data-move]")) b.addEventListener("click", () => post("clock", { to: b.dataset.move }));
for (const t of document.querySelectorAll("[data-tab]")) t.addEventListener("click", () => showPane(t.dataset.tab));
document.addEventListener("click", (e) => { if (!e.target.closest("#menu")) closeSubs(); });
document.addEventListener("keydown", (e) => {
  if (e.key !== "Escape") return;
  closeSubs();
  closePanels();
  $("scanner").hidden = true;
});
document.addEventListener("visibilitychange", () => { if (!document.hidden && page.state) markRead(); });

page.who = decodeURIComponent(location.hash.slice(1));
showPane("phone");
inputChanged();
listen();
