/* The admin's pickers are drawn over their select, and lose its label; this gives it back. */
"use strict";

(() => {
  function nameThePickers() {
    for (const select of document.querySelectorAll("select.admin-autocomplete")) {
      const label = document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
      const drawn = select.parentElement.querySelector(".select2-container");
      if (!label || !drawn) continue;
      const name = label.textContent.trim().replace(/:$/, "");
      for (const part of drawn.querySelectorAll("[role=combobox], [role=textbox], input")) {
        part.removeAttribute("aria-labelledby");
        part.setAttribute("aria-label", name);
      }
    }
  }

  // Registered after the admin's own, so run after they are drawn.
  if (window.django && window.django.jQuery) window.django.jQuery(nameThePickers);
  document.addEventListener("formset:added", () => setTimeout(nameThePickers));
})();
