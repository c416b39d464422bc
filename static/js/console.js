/* Small conveniences over pages that work without them: menus that close, copying, dialogs. */
"use strict";

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const opener = event.target.closest("[data-opens]");
  if (opener && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    openDialog(opener.dataset.opens);
  }
  const closer = event.target.closest("[data-closes]");
  if (closer) closer.closest("dialog").close();
  if (event.target instanceof HTMLDialogElement) event.target.close();
  const copier = event.target.closest("[data-copies]");
  if (copier) copyText(copier);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

/* A select of a filter row applies itself; the button is for browsers without this script. */
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-applies-itself]");
  if (form && event.target.matches("select")) form.requestSubmit();
});

function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog) return; // whoever may not search has no palette
  for (const menu of document.querySelectorAll("details.menu[open]")) menu.open = false;
  if (!dialog.open) dialog.showModal();
  const field = dialog.querySelector("input:not([type=hidden])");
  if (field) field.select();
}

async function copyText(button) {
  const source = document.getElementById(button.dataset.copies);
  await navigator.clipboard.writeText(source.textContent.trim());
  announce(button.dataset.copied || "Copied.");
}

function announce(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => (toast.textContent = ""), 2500);
}
