/* Keys of the console. Ctrl-K always; single letters only when they are switched on and nobody types. */
"use strict";

(() => {
  const letters = document.body.dataset.shortcuts !== "off";
  let going = 0;

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openDialog("palette");
      return;
    }
    if (!letters || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    if (going && event.timeStamp - going < 1500) {
      going = 0;
      const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
      if (link) link.click();
      return;
    }
    const act = ACTIONS[event.key];
    if (act) act(event);
  });

  const ACTIONS = {
    g: (event) => (going = event.timeStamp),
    "/": (event) => {
      event.preventDefault();
      openDialog("palette");
    },
    "?": () => openDialog("shortcuts"),
    j: () => moveRow(1),
    k: () => moveRow(-1),
    o: () => follow("a.open"),
    e: () => follow("a[data-explains]"),
  };

  function isTyping(element) {
    return element.closest("input, textarea, select, [contenteditable]") !== null;
  }

  function rows() {
    return [...document.querySelectorAll("main tbody tr:has(a.open)")];
  }

  function moveRow(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.contains(document.activeElement));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    next.querySelector("a.open").focus();
    next.scrollIntoView({ block: "nearest" });
  }

  function follow(selector) {
    const row = rows().find((row) => row.contains(document.activeElement));
    const link = row && row.querySelector(selector);
    if (link) link.click();
  }
})();
