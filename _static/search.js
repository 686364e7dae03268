/* The search page: asks the model (search-model.js) and shows its sections. The index and MiniSearch are
   loaded on the first search, as scripts, which works from a folder, too. The search is in the address. */
(function () {
  "use strict";

  var folder = /** @type {HTMLScriptElement} */ (document.currentScript).src.replace(/[^/]*$/, "search/");
  var SHOWN = 25;
  var PAUSE = 200;

  var form = /** @type {HTMLFormElement} */ (document.getElementById("search-form"));
  var input = /** @type {HTMLInputElement} */ (document.getElementById("search-query"));
  var status = /** @type {HTMLElement} */ (document.getElementById("search-status"));
  var list = /** @type {HTMLElement} */ (document.getElementById("search-results"));
  var more = /** @type {HTMLButtonElement} */ (document.getElementById("search-more"));
  var hint = /** @type {HTMLElement} */ (document.getElementById("search-hint"));
  /** @type {Promise<any> | null} */
  var loading = null;
  var waiting = 0;

  /** @param {string} name @returns {Promise<void>} */
  function load(name) {
    return new Promise(function (done, failed) {
      var script = document.createElement("script");
      script.src = folder + name;
      script.onload = function () { done(); };
      script.onerror = function () { failed(new Error(name)); };
      document.head.append(script);
    });
  }

  function model() {
    if (!loading) {
      loading = Promise.all([load("sections.js"), load("minisearch.js")]).then(function () {
        return searchModel.create(window.searchSections, window.MiniSearch);
      });
    }
    return loading;
  }

  /** @param {Element} into @param {Part[]} parts */
  function show(into, parts) {
    parts.forEach(function (part) {
      var piece = part.marked ? document.createElement("mark") : document.createElement("span");
      piece.textContent = part.text;
      into.append(piece);
    });
  }

  /** @param {any} found @param {Result} result @param {string} query */
  function item(found, result, query) {
    var made = document.createElement("li");
    var link = document.createElement("a");
    link.href = result.section.address;
    show(link, found.marked(result.section.title, query));
    var page = document.createElement("span");
    page.className = "search-page";
    page.textContent = result.section.page;
    var snippet = document.createElement("p");
    show(snippet, found.snippet(result.section, query));
    made.append(link, " ", page, snippet);
    return made;
  }

  function search() {
    var query = input.value.trim();
    document.title = document.title.replace(/^.*?Search/, (query ? query + " - " : "") + "Search");
    if (!query) {
      list.replaceChildren();
      status.textContent = "";
      more.hidden = true;
      hint.hidden = true;
      return;
    }
    model().then(function (found) {
      if (query !== input.value.trim()) { return; } // typed on meanwhile
      var results = found.search(query);
      list.dataset.query = query;
      list.replaceChildren.apply(list, results.slice(0, SHOWN).map(function (/** @type {Result} */ one) {
        return item(found, one, query);
      }));
      status.textContent = results.length === 1 ? "1 section" : results.length + " sections";
      if (!results.length) { status.textContent = "No section has these words."; }
      hint.hidden = results.length > 0;
      more.hidden = results.length <= SHOWN;
      more.onclick = function () {
        var rest = results.slice(SHOWN).map(function (/** @type {Result} */ one) { return item(found, one, query); });
        list.append.apply(list, rest);
        more.hidden = true;
        rest[0].querySelector("a").focus();
      };
    }, function (/** @type {Error} */ error) {
      status.textContent = "The search could not load " + error.message + ". Reload the page to try again.";
    });
  }

  /** Where a browser allows it: the search in the address. @param {boolean} entry a new one to go back to */
  function remember(entry) {
    var address = location.pathname + (input.value.trim() ? "?q=" + encodeURIComponent(input.value.trim()) : "");
    try {
      if (entry) { history.pushState(null, "", address); } else { history.replaceState(null, "", address); }
    } catch (error) {
      // A page of a folder may not be allowed to. The search works all the same.
    }
  }

  function fromAddress() {
    input.value = new URLSearchParams(location.search).get("q") || "";
    search();
  }

  /** @type {HTMLElement} */ (document.getElementById("search-without-script")).hidden = true;
  form.hidden = false;
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    clearTimeout(waiting);
    remember(true);
    search();
  });
  input.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      remember(false);
      search();
    }, PAUSE);
  });
  addEventListener("popstate", fromAddress);
  fromAddress();
  if (!input.value) { input.focus(); }
})();
