/*! Perdura embed 1: shows a customer how their subscription stands, and blocks what is suspended. No dependencies. */
(function () {
  "use strict";
  var script = document.currentScript;
  if (!script || window.perdura) return;
  var home = new URL(script.src).origin;
  var token = script.dataset.token || "";
  var tokenUrl = script.dataset.tokenUrl || "";
  var every = Math.max(15, Number(script.dataset.every) || 60) * 1000;
  var box = null, answer = null, heardAt = 0, timer = 0;
  var OPEN = { access: "full", banner: "", link: "", button: "", good_for: 0 };

  function style(element, rules) {
    // Through the object model, so that a page whose policy forbids inline styles shows it all the same.
    Object.keys(rules).forEach(function (name) { element.style.setProperty(name, rules[name]); });
  }

  function closed(on) {
    Array.prototype.forEach.call(document.body.children, function (child) {
      if (child !== box && child.tagName !== "SCRIPT") child.inert = on;
    });
    document.documentElement.style.setProperty("overflow", on ? "hidden" : "");
  }

  function draw(now) {
    if (box) { closed(false); box.remove(); box = null; }
    document.documentElement.dataset.perduraAccess = now.access;
    if (now.access === "full" || !now.banner) return;
    var blocked = now.access === "blocked", red = blocked || now.access === "read_only";
    box = document.createElement("div");
    box.id = "perdura-banner";
    box.setAttribute("role", blocked ? "alertdialog" : "status");
    if (blocked) { box.setAttribute("aria-modal", "true"); box.setAttribute("aria-label", now.banner); }
    style(box, {
      position: blocked ? "fixed" : "sticky", top: "0", left: "0", right: "0", bottom: blocked ? "0" : "auto",
      "z-index": "2147483647", display: "flex", "flex-wrap": "wrap", gap: "12px", "align-items": "center",
      "justify-content": "center", "align-content": "center", padding: blocked ? "24px" : "10px 16px",
      background: red ? "#b00020" : "#7a4d00", color: "#ffffff", font: "600 16px/1.4 system-ui, sans-serif", "text-align": "center"
    });
    var words = document.createElement("span");
    words.textContent = now.banner;
    box.appendChild(words);
    if (/^https?:\/\//.test(now.link)) {
      var link = document.createElement("a");
      link.href = now.link;
      link.textContent = now.button;
      style(link, {
        background: "#ffffff", color: "#1c1f24", padding: "10px 18px", "border-radius": "8px", "text-decoration": "none"
      });
      box.appendChild(link);
    }
    document.body.insertBefore(box, document.body.firstChild);
    if (blocked) { closed(true); box.tabIndex = -1; (box.querySelector("a") || box).focus(); }
  }

  function become(now) {
    var before = answer;
    answer = now;
    if (before && JSON.stringify(before) === JSON.stringify(now)) return;
    draw(now);
    document.dispatchEvent(new CustomEvent("perdura:access", { detail: { access: now.access, banner: now.banner, link: now.link } }));
  }

  function fresh() {
    if (!tokenUrl) return Promise.reject(new Error("the token has run out, and there is no data-token-url"));
    return fetch(tokenUrl, { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (told) { if (!told.ok) throw new Error("no token: " + told.status); return told.json(); })
      .then(function (told) { token = told.token; });
  }

  function ask(again) {
    return fetch(home + "/embed/entitlement?token=" + encodeURIComponent(token), { credentials: "omit" })
      .then(function (told) {
        if (told.status === 401 && !again) return fresh().then(function () { return ask(true); });
        if (!told.ok) throw new Error("answered " + told.status);
        return told.json().then(function (now) { heardAt = Date.now(); become(now); });
      });
  }

  function look() {
    clearTimeout(timer);
    var asked = token ? ask(false) : fresh().then(function () { return ask(true); });
    return asked.catch(function (error) {
      // Nobody is kept out because we cannot be reached: what was heard holds for as long as it said, then everything is open.
      if (!answer || Date.now() - heardAt > (answer.good_for || 0) * 1000) become(OPEN);
      if (window.console) console.warn("perdura: " + error.message);
    }).then(function () { timer = setTimeout(look, every); });
  }

  window.perdura = { refresh: look, get access() { return answer ? answer.access : "full"; } };
  document.addEventListener("visibilitychange", function () { if (!document.hidden) look(); });
  if (document.body) look(); else document.addEventListener("DOMContentLoaded", look);
})();
