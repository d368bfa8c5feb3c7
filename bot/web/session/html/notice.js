"use strict";
// The tag is WeChat's: its own browser alone draws it and asks her. What she answered
// is only said here; the platform tells the bot.
(function () {
  var page = document.getElementById("notice"), said = document.getElementById("said");
  var tag = document.getElementById("subscribe");
  function say(text) {
    said.textContent = "";
    text.split("\n").forEach(function (line) {
      var p = document.createElement("p");
      p.textContent = line;
      said.appendChild(p);
    });
    said.hidden = false;
  }
  function failed() { say(page.dataset.failed); }
  if (!window.wx || !window.wx.config) {
    say(page.dataset.elsewhere);
    return;
  }
  document.addEventListener("WeixinOpenTagsError", failed);
  window.wx.error(failed);
  tag.addEventListener("error", failed);
  tag.addEventListener("success", function (e) {
    var answers = String((e.detail || {}).subscribeDetails || "");
    say(answers.indexOf("accept") >= 0 ? page.dataset.yes : page.dataset.no);
  });
  if (!/MicroMessenger/i.test(navigator.userAgent) && !window.wx.simulated) say(page.dataset.elsewhere);
  window.wx.config({
    debug: false, appId: page.dataset.app, timestamp: Number(page.dataset.time), nonceStr: page.dataset.nonce,
    signature: page.dataset.hash, jsApiList: [], openTagList: ["wx-open-subscribe"],
  });
})();
