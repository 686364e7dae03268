"""Every page of the site as readers meet it: wide and narrow, light and dark, with and without script."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest
from waiting import SETTLED, resize

WIDE = (1280, 900)
PHONE = (390, 844)
AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text("utf-8")

WIDTHS = "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"

# Every rule of WCAG 2.2 A and AA and axe's good practices. Nothing is left out.
RUN_AXE = """async () => (await axe.run(document)).violations.map(v =>
    v.id + ': ' + v.help + '\\n' + v.nodes.slice(0, 5).map(n =>
        '    ' + n.target + ' ' + n.html.slice(0, 200) + '\\n      ' +
        n.failureSummary.replaceAll('\\n', ' ')).join('\\n'))"""

# axe looks at what is shown. A page may hold a thousand folded parts, all alike: some are opened,
# with what is in them.
OPEN_SOME = """() => {
    [...document.querySelectorAll('details')].slice(0, 12).forEach(one => { one.open = true });
    document.querySelector('a.glossary-word')?.focus();
}"""

# What a reader sees of the article: every heading and every drawing that takes room.
SEEN = """() => [...document.querySelectorAll('article :is(h1, h2, h3, .diagram-box > svg, pre)')]
    .filter(e => !e.closest('details:not([open])') && e.getBoundingClientRect().height > 0)
    .map(e => e.tagName + ' ' + (e.tagName === 'svg' ? e.getAttribute('aria-label') : e.innerText.trim()))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_sound_and_accessible(served, open_page, path, scheme):
    # Over http: axe reads the style sheets again, which a browser refuses to a page opened from a folder.
    with open_page(served + path, color_scheme=scheme) as page:
        page.evaluate(AXE)
        page.evaluate(OPEN_SOME)
        for size in (WIDE, PHONE):
            resize(page, *size)  # what opened may have faded in, and would be measured while faint
            widths = page.evaluate(WIDTHS)
            assert widths[0] <= widths[1], f"the page scrolls sideways: {widths[0]} px in {widths[1]} px"
            if size is PHONE and scheme == "dark":
                continue  # the phone's layout was checked in light, and dark's colours on the wide page
            found = page.evaluate(RUN_AXE)
            assert not found, f"at {size[0]} px:\n" + "\n".join(found)


def test_the_checks_see_what_is_wrong(served, open_page):
    """Each of the checks above fails on a page that deserves it."""
    with open_page(served + "index.html") as page:
        page.evaluate(AXE)
        page.evaluate(
            """() => {
                document.querySelector('article').insertAdjacentHTML('beforeend',
                    '<img src="data:,"><p style="color: #777; background: #888; width: 3000px">faint</p>');
            }"""
        )
        found = "\n".join(page.evaluate(RUN_AXE))
        assert "image-alt" in found
        assert "color-contrast" in found
        widths = page.evaluate(WIDTHS)
        assert widths[0] > widths[1]
    for fault, (event, script) in {
        "foreign request": ("request", "fetch('http://127.0.0.1:1/').catch(() => {})"),
        "script error": ("pageerror", "setTimeout(() => { throw new Error('on purpose') })"),
        "console: on purpose": ("console", "console.error('on purpose')"),
        "404": ("response", "fetch('nothing-here').catch(() => {})"),
    }.items():
        with (
            pytest.raises(AssertionError, match=fault),
            open_page(served + "index.html") as page,
            page.expect_event(event),
        ):
            page.evaluate(f"() => {{ {script} }}")


def test_a_page_can_be_read_without_script(site, open_page, path):
    address = (site / path).as_uri()
    with open_page(address) as page:
        with_script = page.evaluate(SEEN)
    # Playwright's own evaluate still works where the page's scripts are off.
    with open_page(address, java_script_enabled=False) as page:
        without = page.evaluate(SEEN)
    if path != "search.html":  # searching is what its script does
        assert with_script, "the page has no heading"
    missing = [line for line in with_script if line not in without]
    assert not missing, "only seen with script: " + "; ".join(missing)


def test_permalinks_lead_to_their_places(site, open_page, path):
    """Up to 60 of them, spread over the page; that every one has its target is tested in test_links.py."""
    with open_page((site / path).as_uri()) as page:
        lost = page.evaluate(
            """async () => {
                const lost = [];
                document.documentElement.style.scrollBehavior = 'auto';
                const links = [...document.querySelectorAll('article a[href^="#"]')];
                const hashes = links.map(a => a.getAttribute('href')).filter(h => h.length > 1);
                const all = [...new Set(hashes)];
                const step = Math.max(1, Math.ceil(all.length / 60));
                for (const hash of all.filter((_, n) => n % step === 0)) {
                    location.hash = '';
                    location.hash = hash;
                    let fault;
                    // Opening and scrolling take some frames, and more on a busy machine.
                    for (let frames = 0; frames < 120; frames++) {
                        await new Promise(done => requestAnimationFrame(done));
                        const target = document.getElementById(decodeURIComponent(hash.slice(1)));
                        const box = target?.getBoundingClientRect();
                        const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
                        const low = box?.top > innerHeight / 2 && !atEnd;
                        if (!box) fault = ' has no target';
                        else if (box.width + box.height === 0) fault = ' is hidden';
                        else if (box.top < -2 || low) fault = ' at ' + box.top;
                        else fault = null;
                        if (!fault && frames > 0) break;
                    }
                    if (fault) lost.push(hash + fault);
                }
                return lost;
            }"""
        )
        assert not lost, "\n".join(lost)


def test_a_diagram_follows_the_readers_choice_of_scheme(site, open_page):
    """Furo's button overrides the system's scheme, and the drawings follow it at once."""
    # A label is SVG text, or HTML within the drawing.
    colour = """() => {
        const style = getComputedStyle(document.querySelector('.diagram svg :is(text, foreignObject span)'));
        return [style.fill, style.color].join();
    }"""
    path = next(
        (p for p in sorted(site.rglob("*.html")) if "class=diagram-box" in p.read_text("utf-8")), None
    )
    assert path, "no page has a diagram"
    seen = {}
    for system in ("light", "dark"):
        with open_page(Path(path).as_uri(), color_scheme=system) as page:
            seen[system] = page.evaluate(colour)
            for choice in ("light", "dark"):
                page.evaluate(f"document.body.dataset.theme = '{choice}'")
                page.evaluate(SETTLED)
                seen[f"{choice} on {system}"] = page.evaluate(colour)
    assert seen["light"] == seen["light on dark"] == seen["light on light"]
    assert seen["dark"] == seen["dark on light"] == seen["dark on dark"]
    assert seen["light"] != seen["dark"]
