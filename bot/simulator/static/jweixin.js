"use strict";
// What WeChat's own script is on a phone: a page of the account's loads it in place
// of jweixin. It has the page's signature held against the account's, draws the tag
// wx-open-subscribe, and asks as WeChat does. Whose phone it is WeChat knows; here it
// is the one on which the link was tapped last.
(function () {
  const cookie = document.cookie.split("; ").find((c) => c.startsWith("simulator-phone="));
  const who = cookie ? decodeURIComponent(cookie.slice("simulator-phone=".length)) : "";
  let failed = () => {};
  async function post(path, body) {
    const answer = await fetch("/simulator/api/" + path, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(Object.assign({ who }, body)),
    });
    const got = await answer.json();
    if (!answer.ok) throw new Error(got.error);
    return got;
  }
  function el(name, text, style) {
    const e = document.createElement(name);
    if (text) e.textContent = text;
    e.style.cssText = style || "";
    return e;
  }
  // draw shows what the tag's template holds, out of reach of the page's style.
  function draw(tag, notices) {
    const root = tag.attachShadow({ mode: "open" });
    for (const t of tag.querySelectorAll('script[type="text/wxtag-template"]')) {
      const part = el("div");
      part.innerHTML = t.textContent;
      root.append(part);
    }
    root.querySelector("button").addEventListener("click", () => ask(tag, notices));
  }
  // ask is WeChat's own dialog.
  function ask(tag, notices) {
    const shade = el("div", "", "position:fixed;inset:0;background:#0008;display:flex;align-items:end;justify-content:center");
    const box = el("div", "", "background:#fff;border-radius:14px 14px 0 0;padding:20px;width:100%;max-width:640px;box-sizing:border-box");
    box.setAttribute("role", "dialog");
    box.append(el("p", "（模拟的微信）申请给您发一次下面的通知", "margin:0 0 12px;font-weight:600"));
    const boxes = notices.map((n) => {
      const line = el("label", "", "display:flex;gap:10px;align-items:center;min-height:44px;font-weight:400");
      const tick = el("input", "", "width:24px;min-height:24px;flex:none");
      tick.type = "checkbox";
      tick.checked = true;
      line.append(tick, el("span", n.title));
      box.append(line);
      return { id: n.id, tick };
    });
    const answer = (allow) => async () => {
      shade.remove();
      const accepted = {}, details = {};
      for (const b of boxes) {
        accepted[b.id] = allow && b.tick.checked;
        details[b.id] = JSON.stringify({ status: accepted[b.id] ? "accept" : "reject" });
      }
      try {
        await post("subscribe", { accepted });
        tag.dispatchEvent(new CustomEvent("success", { detail: { subscribeDetails: JSON.stringify(details) } }));
      } catch (err) {
        tag.dispatchEvent(new CustomEvent("error", { detail: { errMsg: String(err) } }));
      }
    };
    for (const [text, id, allow] of [["允许", "allow", true], ["取消", "refuse", false]]) {
      const b = el("button", text, "");
      b.type = "button";
      b.id = id;
      if (!allow) b.className = "quiet";
      b.addEventListener("click", answer(allow));
      box.append(b);
    }
    shade.append(box);
    document.body.append(shade);
  }
  window.wx = {
    simulated: true,
    error(f) { failed = f; },
    ready() {},
    async config(c) {
      try {
        for (const tag of document.querySelectorAll("wx-open-subscribe")) {
          const got = await post("page", { url: location.href.split("#")[0], app: c.appId, nonce: c.nonceStr, time: String(c.timestamp), hash: c.signature, templates: tag.getAttribute("template") });
          draw(tag, got.notices);
        }
      } catch (err) {
        failed({ errMsg: "config:" + err.message });
      }
    },
  };
})();
