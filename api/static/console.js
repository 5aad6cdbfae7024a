// The console's keyboard, and what its live parts need beside htmx. Every page works without it.
(() => {
  "use strict";
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]");
  const keys = document.getElementById("keys");
  const show = document.getElementById("show-keys");
  if (show && keys) {
    show.hidden = false;
    show.addEventListener("click", () => keys.showModal());
  }

  let leading = 0; // until when a letter after `g` leads somewhere, in milliseconds of the page's clock
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "/") {
      event.preventDefault();
      document.getElementById("search").focus();
    } else if (event.key === "?" && keys && !keys.open) {
      event.preventDefault();
      keys.showModal();
    } else if (event.key === "g") {
      leading = performance.now() + 1500;
    } else if (performance.now() < leading) {
      leading = 0;
      const goal = document.querySelector(`nav [data-letter="${CSS.escape(event.key)}"]`);
      if (goal) {
        event.preventDefault();
        goal.click();
      }
    }
  });

  // A live part says what it shows already, so that the answer to "anything new?" may be 304. It holds still while nobody looks,
  // and while somebody works in it.
  const live = (event) => event.detail.elt.classList.contains("live") && event.detail.elt;
  document.addEventListener("htmx:configRequest", (event) => {
    const part = live(event);
    if (part && part.dataset.etag) event.detail.headers["If-None-Match"] = part.dataset.etag;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const part = live(event);
    if (part && (document.hidden || part.contains(document.activeElement) || part.querySelector("details[open]"))) {
      event.preventDefault();
    }
  });
  const offline = (is) => {
    const told = document.getElementById("offline");
    if (told) told.hidden = !is;
  };
  document.addEventListener("htmx:afterRequest", (event) => {
    const answer = event.detail.xhr;
    const part = live(event);
    if (answer.status === 401) window.location.reload();
    if (part && answer.status === 200) part.dataset.etag = answer.getResponseHeader("ETag") || "";
    if (part) offline(answer.status === 0 || answer.status >= 500);
  });

  // A chosen file that is too large is not sent at all, and a picture is shown before it is sent.
  document.addEventListener("change", (event) => {
    const file = event.target.type === "file" && event.target.files[0];
    if (event.target.type !== "file") return;
    event.target.setCustomValidity(file && file.size > Number(event.target.dataset.most) ? event.target.dataset.large : "");
    event.target.reportValidity();
    const shown = document.getElementById(event.target.dataset.preview || "");
    if (!file || !shown) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      shown.src = reader.result;
      shown.hidden = false;
    });
    reader.readAsDataURL(file);
  });

  // What cannot be undone asks once more.
  document.addEventListener("submit", (event) => {
    const question = event.submitter && event.submitter.dataset.sure;
    if (question && !window.confirm(question)) event.preventDefault();
  });
})();
