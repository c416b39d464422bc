/* The search palette: arrow keys walk the results, typing goes back to the field. */
"use strict";

(() => {
  const palette = document.getElementById("palette");
  if (!palette) return;
  const field = palette.querySelector("input[type=search]");

  palette.addEventListener("keydown", (event) => {
    const hits = [...palette.querySelectorAll(".hit")];
    const at = hits.indexOf(document.activeElement);
    if (event.key === "ArrowDown" && hits.length) {
      event.preventDefault();
      hits[Math.min(at + 1, hits.length - 1)].focus();
    } else if (event.key === "ArrowUp" && at >= 0) {
      event.preventDefault();
      (at === 0 ? field : hits[at - 1]).focus();
    } else if (at >= 0 && event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      field.focus();
    }
  });

  // An answer that comes late takes the focused result away; the keyboard stays in the palette.
  new MutationObserver(() => {
    if (palette.open && !palette.contains(document.activeElement)) field.focus();
  }).observe(document.getElementById("palette-results"), { childList: true });
})();
