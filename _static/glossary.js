/* Shows what a glossary's word means: on hover, on focus, and on the first tap.

   Without this script the words are links to the glossary. What is shown stays until the pointer leaves both
   the word and it, until the focus goes, or until Escape (WCAG 2.2, 1.4.13). */
(function () {
  "use strict";

  var box = document.createElement("div");
  box.id = "glossary-definition";
  box.className = "glossary-definition";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  var word = null;
  var leaving = 0;
  var tapped = false;

  function show(link) {
    clearTimeout(leaving);
    if (word === link) return;
    hide();
    word = link;
    box.textContent = link.dataset.definition;
    // In the page's main part, where a screen reader that goes by landmarks finds it.
    (link.closest("[role=main]") || document.body).append(box);
    box.hidden = false;
    link.setAttribute("aria-describedby", box.id);
    place();
  }

  function hide() {
    clearTimeout(leaving);
    if (word) word.removeAttribute("aria-describedby");
    word = null;
    box.hidden = true;
  }

  function place() {
    var line = word.getClientRects()[0];
    var room = document.documentElement.clientWidth;
    var left = Math.max(8, Math.min(line.left, room - box.offsetWidth - 8));
    var below = line.bottom + box.offsetHeight + 8 < innerHeight || line.top < box.offsetHeight + 8;
    var parent = box.offsetParent;
    var origin = (parent && parent !== document.body ? parent : document.documentElement).getBoundingClientRect();
    box.style.left = left - origin.left + "px";
    box.style.top = (below ? line.bottom : line.top - box.offsetHeight) - origin.top + "px";
  }

  function linkOf(event) {
    return event.target instanceof Element ? event.target.closest("a.glossary-word") : null;
  }

  document.addEventListener("pointerover", function (event) {
    if (event.pointerType === "touch") return;
    if (linkOf(event)) show(linkOf(event));
    else if (box.contains(event.target)) clearTimeout(leaving);
  });
  document.addEventListener("pointerout", function (event) {
    if (event.pointerType === "touch" || !word) return;
    if (!linkOf(event) && !box.contains(event.target)) return;
    clearTimeout(leaving);
    // Long enough to get from the word to what is shown.
    leaving = setTimeout(function () {
      if (document.activeElement !== word) hide();
    }, 200);
  });
  document.addEventListener("focusin", function (event) {
    if (linkOf(event) && !tapped) show(linkOf(event));
    else if (!box.contains(event.target) && !linkOf(event)) hide();
  });
  document.addEventListener("focusout", function (event) {
    if (linkOf(event) === word) hide();
  });
  document.addEventListener("pointerdown", function (event) {
    tapped = event.pointerType === "touch";
    if (tapped && !linkOf(event) && !box.contains(event.target)) hide();
  });
  document.addEventListener("click", function (event) {
    var link = linkOf(event);
    if (link && tapped && word !== link) {
      event.preventDefault(); // a second tap follows the link
      show(link);
    }
    tapped = false;
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape" && word) hide();
  });
  // The focus may scroll the page.
  document.addEventListener("scrollend", function () {
    if (word) place();
  });
  addEventListener("resize", hide);
  addEventListener("pagehide", hide);
})();
