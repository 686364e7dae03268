/* Which sections answer a search, in which order, and what of them is shown. It knows no page: search.js is
   that. It takes the index that guide/sphinx_ext/search_index.py makes, and MiniSearch.

   MiniSearch finds the sections that have the words, also with other endings, and weighs the words. The order
   is first by where the search is found as it stands: */

/**
 * @typedef {{pages: [string, string, number][], synonyms: string[][],
 *            sections: [number, string, string, string, string][]}} Index
 *   pages: address, title and weight; sections: page, anchor, title, text, code
 * @typedef {{id: number, address: string, page: string, title: string, text: string, code: string,
 *            titles: string[], prose: string, words: string, weight: number}} Section
 * @typedef {{section: Section, rank: number, score: number}} Result
 * @typedef {{text: string, marked: boolean}} Part
 */
var searchModel = (function () {
  "use strict";

  /* How a section answers. */
  var IS_HEADING = 6;
  var PHRASE_IN_HEADING = 5;
  var WORDS_IN_HEADING = 4;
  var PHRASE_IN_TEXT = 3;
  var PHRASE_IN_CODE = 2.75;
  var ALL_WORDS = 2;
  var SOME_WORDS = 1;
  /* A section that weighs this much or less comes after one that answers a little worse. */
  var LESS = 0.4;
  /* Sections with some of the words are shown after the others until there are so many. */
  var ENOUGH = 8;

  /* Of a question these are left out where other words are left: nearly every section has them. */
  var COMMON = new Set(
    ("a an and are as at be but by can do does doesn't don't for from has have how i if in is isn't it its me my of on " +
      "or our that the their there this to was what when where which who why will with you your").split(" ")
  );
  /* A word is letters and digits, and what belongs to a code: the `!` of a reply, the sign of a number. */
  var WORD = /(?:!|%%)?[\p{L}\p{N}_$]+(?:['’][\p{L}]+)?|(?<![\p{L}\p{N}_)\]])-\p{N}+/gu;
  /* A name of several words, such as a class with its package, is a word, too. */
  var NAME = /[\p{L}\p{N}_$]+(?:[.:#/-][\p{L}\p{N}_$]+)+/gu;
  /* The id of an object, also in a reply. Another run gives it to another object. */
  var OBJECT = /^((?:![yx]r|r)?o)\d+$/;
  /* Parts that every chapter has: they name much and explain little. */
  var ABOUT = new Set(["what you will see", "what runs here", "exercises", "in short", "where to read on"]);
  var SNIPPET = 200;

  /** @param {string} text @returns {string} as it is compared: typographic characters as one types them */
  function plain(text) {
    return text.toLowerCase().replace(/[‘’]/g, "'").replace(/[“”]/g, '"').replace(/[−–]/g, "-");
  }

  /** @param {string} text @returns {string[]} its words in order */
  function wordsOf(text) {
    return plain(text).match(WORD) || [];
  }

  /** @param {string} text @returns {string[]} what MiniSearch indexes: words, and names as they stand */
  function tokens(text) {
    var words = wordsOf(text);
    words.forEach(function (word) {
      if (/^[!%]/.test(word)) { words.push(word.replace(/^[!%]+/, "")); }
      if (OBJECT.test(word)) { words.push(word.replace(OBJECT, "$1#")); }
    });
    return words.concat(plain(text).match(NAME) || []);
  }

  /** @param {string} word @returns {string} without the ending of the plural */
  function stem(word) {
    return /^[a-z]{2,}[^sui']s$/.test(word) ? word.slice(0, -1) : word;
  }

  /** @param {string[]} words @returns {string} the words with a space around each, so that whole words match */
  function line(words) {
    return " " + words.map(stem).join(" ") + " ";
  }

  /** `o45` in a message is what `o123` is on a page.
   * @param {string} words @returns {string} */
  function anyObject(words) {
    return words.split(" ").map(function (word) { return word.replace(OBJECT, "$1#"); }).join(" ");
  }

  /** The parts of a heading that quote messages: between commas, colons, dots and ids.
   * @param {string} title @returns {string[]} each as a line of words, those of three words and more */
  function quoted(title) {
    return title.split(/\s*(?:, |\.\.\.|…|\bo\d+\S*|: )\s*/).map(wordsOf).filter(function (words) {
      return words.length > 2;
    }).map(function (words) { return anyObject(line(words)); });
  }

  /** @param {Index} index @param {any} MiniSearch */
  function create(index, MiniSearch) {
    /** @type {Section[]} */
    var sections = index.sections.map(function (one, id) {
      var page = index.pages[one[0]];
      return {
        id: id, address: page[0] + (one[1] ? "#" + one[1] : ""), page: page[1],
        title: one[2], text: one[3], code: one[4],
        // The words of the glossary that share a definition are headings by themselves.
        titles: one[2].split(" · ").map(function (title) { return line(wordsOf(title)); }),
        prose: line(wordsOf(one[2] + " " + one[3])),
        words: line(wordsOf(one[2] + " " + one[3] + " " + one[4])),
        weight: ABOUT.has(plain(one[2])) ? LESS : page[2],
      };
    });
    var quotes = sections.map(function (one) { return quoted(one.title); });
    var synonyms = index.synonyms.map(function (group) {
      return group.map(function (term) { return line(wordsOf(term)); });
    });
    var library = new MiniSearch({
      fields: ["title", "text", "code", "page"],
      tokenize: tokens,
      processTerm: stem,
      searchOptions: {
        boost: { title: 6, text: 2, code: 1, page: 1 },
        boostDocument: function (/** @type {number} */ id) { return sections[id].weight; },
        // Of a word's beginning, and of a name's, the rest is found.
        prefix: function (/** @type {string} */ term) { return term.length > 3; },
      },
    });
    library.addAll(sections);

    /** The search in the glossary's other words for the same things, itself first.
     * @param {string} words @returns {string[]} */
    function variants(words) {
      var all = anyObject(words) === words ? [words] : [words, anyObject(words)];
      synonyms.forEach(function (group) {
        all.slice().forEach(function (known) {
          group.forEach(function (term) {
            if (known.indexOf(term) < 0) { return; }
            group.forEach(function (other) {
              if (other !== term) { all.push(known.replace(term, other)); }
            });
          });
        });
      });
      return all.slice(0, 8);
    }

    /** @param {string} words @returns {string[]} those that say something */
    function telling(words) {
      var all = words.trim().split(" ");
      var left = all.filter(function (word) { return !COMMON.has(word); });
      return left.length ? left : all;
    }

    /** @param {Section} section @param {string} words @param {string[]} needed @returns {number} */
    function rank(section, words, needed) {
      function has(/** @type {string} */ text, /** @type {string} */ word) {
        return text.indexOf(" " + word + " ") >= 0;
      }
      // Ids are compared as they stand, or, in a search for any object, without their numbers.
      var any = words.indexOf("#") >= 0;
      var titles = any ? section.titles.map(anyObject) : section.titles;
      if (titles.indexOf(words) >= 0) { return IS_HEADING; }
      if (titles.some(function (title) { return title.indexOf(words) >= 0; })) { return PHRASE_IN_HEADING; }
      var asked = anyObject(words);
      if (quotes[section.id].some(function (quote) { return asked.indexOf(quote) >= 0; })) {
        return PHRASE_IN_HEADING;
      }
      if (titles.some(function (title) { return needed.every(function (word) { return has(title, word); }); })) {
        return WORDS_IN_HEADING;
      }
      var text = any ? anyObject(section.words) : section.words;
      if (text.indexOf(words) >= 0) {
        return (any ? anyObject(section.prose) : section.prose).indexOf(words) >= 0 ? PHRASE_IN_TEXT : PHRASE_IN_CODE;
      }
      var every = needed.every(function (word) {
        return word.length > 3 ? text.indexOf(" " + word) >= 0 : has(text, word);
      });
      return every ? ALL_WORDS : SOME_WORDS;
    }

    /** @param {string} query @returns {Result[]} the best first; in quotes, only the phrase */
    function search(query) {
      var words = line(wordsOf(query));
      if (!words.trim()) { return []; }
      var onlyPhrase = /^\s*["“].*["”]\s*$/.test(query);
      var all = variants(words);
      /** @type {Map<number, number>} */
      var scores = new Map();
      function find(/** @type {string} */ text, /** @type {object} */ options) {
        library.search(text, options).forEach(function (/** @type {any} */ found) {
          scores.set(found.id, Math.max(found.score, scores.get(found.id) || 0));
        });
      }
      all.forEach(function (variant) { find(telling(variant).join(" "), {}); });
      // Only where nothing has a word as it was typed: a wrong letter, or two.
      if (!scores.size) { find(telling(words).join(" "), { fuzzy: 0.25 }); }
      var needed = all.map(telling);
      var results = Array.from(scores, function (found) {
        var section = sections[found[0]];
        var ranks = all.map(function (variant, n) { return rank(section, variant, needed[n]); });
        var best = Math.max(ranks[0], Math.max.apply(null, ranks) - 0.5);
        if (section.weight <= LESS) { best -= 1; }
        return { section: section, rank: best, score: found[1] };
      }).filter(function (result) {
        return !onlyPhrase || (result.section.titles[0] + result.section.words).indexOf(words) >= 0;
      });
      results.sort(function (a, b) { return b.rank - a.rank || b.score - a.score; });
      return results.filter(function (one, n) { return one.rank > SOME_WORDS || n < ENOUGH; });
    }

    /** Where the search stands in a text: the phrase, or else its words.
     * @param {string} text @param {string} query @returns {[number, number][]} */
    function places(text, query) {
      var words = wordsOf(query);
      if (!words.length) { return []; }
      function matches(/** @type {string} */ expression) {
        var found = /** @type {[number, number][]} */ ([]);
        // What plain() changes has the same length, so the places are those of the text.
        var seen = plain(text);
        var finds = new RegExp(expression, "gu");
        for (var match = finds.exec(seen); match; match = finds.exec(seen)) {
          found.push([match.index, match.index + match[0].length]);
        }
        return found;
      }
      function escaped(/** @type {string} */ word) { return word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"); }
      var phrase = matches("(?<![\\p{L}\\p{N}_])" + words.map(escaped).join("[^\\p{L}\\p{N}_]+") + "(?![\\p{L}\\p{N}_])");
      if (phrase.length) { return phrase; }
      var single = new Set();
      variants(line(words)).forEach(function (variant) {
        telling(variant).forEach(function (word) { single.add(escaped(word)); });
      });
      return matches("(?<![\\p{L}\\p{N}_])(?:" + Array.from(single).join("|") + ")s?(?![\\p{L}\\p{N}_])");
    }

    /** @param {string} text @param {string} query @returns {Part[]} the whole text, in parts */
    function marked(text, query) {
      var parts = /** @type {Part[]} */ ([]);
      var done = 0;
      places(text, query).forEach(function (place) {
        if (place[0] > done) { parts.push({ text: text.slice(done, place[0]), marked: false }); }
        parts.push({ text: text.slice(place[0], place[1]), marked: true });
        done = place[1];
      });
      if (done < text.length) { parts.push({ text: text.slice(done), marked: false }); }
      return parts;
    }

    /** What a section says of the search: the stretch of its prose with most matches, or else of its code.
     * @param {Section} section @param {string} query @returns {Part[]} */
    function snippet(section, query) {
      var best = { text: section.text || section.code, start: 0, count: 0 };
      [section.text, section.code].forEach(function (text) {
        if (best.count) { return; }
        var found = places(text, query);
        found.forEach(function (place, n) {
          var count = found.slice(n).filter(function (later) { return later[1] < place[0] + SNIPPET; }).length;
          if (count > best.count) { best = { text: text, start: place[0], count: count }; }
        });
      });
      var from = Math.max(0, best.start - 60);
      if (from) { from = best.text.indexOf(" ", from) + 1; }
      if (from > best.start) { from = best.start; }
      var to = Math.min(best.text.length, from + SNIPPET);
      if (to < best.text.length) { to = Math.max(best.text.lastIndexOf(" ", to), Math.min(best.start + 80, to)); }
      return marked((from ? "… " : "") + best.text.slice(from, to) + (to < best.text.length ? " …" : ""), query);
    }

    return { search: search, snippet: snippet, marked: marked };
  }

  return { create: create, wordsOf: wordsOf };
})();
