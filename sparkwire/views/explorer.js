/* <trace-explorer>: what a script adds to a recorded trace. The trace itself is in the page and needs none.

   It adds: open and close all, a filter, steps to the previous and next exchange, the linking of bytes and
   fields, and the opening of a permalink's target. A classic script, because module scripts don't load
   from file://. Three parts: the model (no page), the element, and its registration. */
(function () {
  "use strict";

  /* The model: which exchanges match, and which one comes next. Exchanges are {step, text}. */
  function createModel(exchanges) {
    var matching = exchanges.map(function () { return true; });
    return {
      count: exchanges.length,
      filter: function (query) {
        var words = query.toLowerCase().split(/\s+/).filter(Boolean);
        matching = exchanges.map(function (exchange) {
          return words.every(function (word) { return exchange.text.indexOf(word) >= 0; });
        });
        return matching;
      },
      matched: function () { return matching.filter(Boolean).length; },
      /* The next matching exchange from `at` in direction `by` (1 or -1); -1 when there is none. */
      next: function (at, by) {
        for (var i = at + by; i >= 0 && i < exchanges.length; i += by) {
          if (matching[i]) { return i; }
        }
        return -1;
      },
    };
  }

  var KEYS = { j: 1, k: -1 };
  var PARTS = ".sw-c a, .sw-c i, .sw-f li";

  function button(label, action) {
    var made = document.createElement("button");
    made.type = "button";
    made.textContent = label;
    made.addEventListener("click", action);
    return made;
  }

  function isTyping(target) {
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
  }

  /* The parts that belong with a cell or a field's entry, itself among them. */
  function partners(part) {
    var message = part.closest(".sw-m");
    var lineEnd = message.querySelector(".sw-f li:not([id])");
    if (part.tagName === "A") { return [part, document.getElementById(part.hash.slice(1))]; }
    if (part.tagName === "I") { return [part, lineEnd]; }
    if (part === lineEnd) { return [part].concat(Array.from(message.querySelectorAll(".sw-c i"))); }
    return [part].concat(Array.from(message.querySelectorAll('.sw-c a[href="#' + part.id + '"]')));
  }

  class TraceExplorer extends HTMLElement {
    connectedCallback() {
      if (document.readyState === "loading") {
        // The parser may still be reading the exchanges.
        this._waiting = this._start.bind(this);
        document.addEventListener("DOMContentLoaded", this._waiting, { once: true });
      } else {
        this._start();
      }
    }

    disconnectedCallback() {
      document.removeEventListener("DOMContentLoaded", this._waiting);
      if (this._listening) { this._listening.abort(); }
      if (this._tools) { this._tools.remove(); }
      this._listening = this._tools = null;
    }

    _start() {
      if (this._tools || !this.isConnected) { return; }
      this._noun = this.dataset.noun || "exchange"; // what its rows are
      this._rows = Array.from(this.querySelectorAll(".sw-x"));
      this._at = -1;
      this._lit = [];
      this._model = createModel(this._rows.map(function (row) {
        var step = row.closest(".sw-g");
        var said = [row.firstElementChild, row.querySelector("summary"), row.querySelector(".sw-m > p")];
        if (step) { said.push(step.querySelector("summary")); }
        return { text: said.map(function (part) { return part ? part.textContent : ""; }).join(" ").toLowerCase() };
      }));
      this._listening = new AbortController();
      var options = { signal: this._listening.signal };
      this.addEventListener("keydown", this._onKey.bind(this), options);
      this.addEventListener("pointerover", this._onPoint.bind(this), options);
      this.addEventListener("pointerleave", this._light.bind(this, null), options);
      this.addEventListener("focusin", this._onFocus.bind(this), options);
      window.addEventListener("hashchange", this._openTarget.bind(this), options);
      if (this._rows.length > 1) { this._addTools(); }
      this._openTarget();
    }

    _addTools() {
      var tools = this._tools = document.createElement("div");
      tools.className = "sw-tools";
      tools.setAttribute("role", "group");
      tools.setAttribute("aria-label", "Explore the " + this._noun + "s");
      var filter = document.createElement("input");
      filter.type = "search";
      filter.placeholder = "Filter, such as " + (this._noun === "run" ? "partition 3" : "call or SparkConf");
      filter.setAttribute("aria-label", "Filter the " + this._noun + "s by text");
      filter.addEventListener("input", this._filter.bind(this, filter));
      this._status = document.createElement("p");
      this._status.setAttribute("role", "status");
      tools.append(
        button("Open all", this._openAll.bind(this, true)),
        button("Close all", this._openAll.bind(this, false)),
        button("Previous", this._go.bind(this, -1)),
        button("Next", this._go.bind(this, 1)),
        filter,
        this._status
      );
      this.insertBefore(tools, this.querySelector(".sw-t"));
      this._say();
    }

    _say() {
      var count = this._model.count;
      var matched = this._model.matched();
      var named = " " + this._noun + "s";
      var shown = matched === count ? count + named + "." : matched + " of " + count + named + " match.";
      this._status.textContent = shown + " Keys, while the focus is in here: j next, k previous.";
    }

    _openAll(open) {
      this.querySelectorAll(".sw-t details").forEach(function (details) {
        if (!details.closest("[hidden]")) { details.open = open; }
      });
    }

    _filter(input) {
      var matching = this._model.filter(input.value);
      this._rows.forEach(function (row, i) { row.hidden = !matching[i]; });
      this.querySelectorAll(".sw-g").forEach(function (step) {
        var some = step.querySelector(".sw-x:not([hidden])") !== null;
        step.parentElement.hidden = !some;
        if (some && input.value.trim()) { step.open = true; }
      });
      this._say();
    }

    _go(by) {
      var held = this._rows.indexOf(document.activeElement && document.activeElement.closest(".sw-x"));
      var at = held >= 0 ? held : this._at < 0 && by < 0 ? this._rows.length : this._at;
      var next = this._model.next(at, by);
      if (next < 0) { return; }
      this._at = next;
      var row = this._rows[next];
      this._open(row.querySelector("details"));
      row.querySelector("summary").focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" }); // at once: nothing here moves by itself
    }

    /* Open what holds `inner`, and `inner` itself where it is a <details>. */
    _open(inner) {
      for (var one = inner; one && one !== this; one = one.parentElement) {
        if (one.tagName === "DETAILS") { one.open = true; }
      }
    }

    _openTarget() {
      var id = decodeURIComponent(window.location.hash.slice(1));
      var target = id && document.getElementById(id);
      if (!target || !this.contains(target) || target === this) { return; }
      for (var one = target; one !== this; one = one.parentElement) { one.hidden = false; }
      this._open(target);
      this._at = this._rows.indexOf(target.closest(".sw-x"));
      target.scrollIntoView({ block: "start" });
    }

    _onKey(event) {
      if (event.altKey || event.ctrlKey || event.metaKey || isTyping(event.target) || !KEYS[event.key]) { return; }
      event.preventDefault();
      event.stopPropagation(); // JupyterLab has its own meaning for these keys
      this._go(KEYS[event.key]);
    }

    _onPoint(event) { this._light(event.target.closest(PARTS)); }

    _onFocus(event) { this._light(event.target.closest(PARTS)); }

    _light(part) {
      this._lit.forEach(function (one) { one.classList.remove("sw-on"); });
      var found = part instanceof Element ? partners(part).filter(Boolean) : [];
      found.forEach(function (one) { one.classList.add("sw-on"); });
      this._lit = found;
    }
  }

  if (!window.customElements.get("trace-explorer")) {
    window.customElements.define("trace-explorer", TraceExplorer);
  }
})();
