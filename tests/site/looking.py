"""What the tests look for in a page, as functions of JavaScript that give back what is wrong."""

# What reaches beyond the right edge of the screen and cannot be moved sideways in its place.
TOO_WIDE = """() => {
    const edge = document.documentElement.clientWidth + 1;
    const moves = e => getComputedStyle(e).overflowX != "visible";
    const inside = e => e.tagName == "ARTICLE" ? false : moves(e) || inside(e.parentElement);
    return [...document.querySelectorAll("article *")]
        .filter(e => e.getBoundingClientRect().right > edge)
        .filter(e => !inside(e.parentElement))
        .map(e => e.outerHTML.slice(0, 80));
}"""
# What is wider than its place, without a fading edge where it goes on, or without a way by keys.
NO_CUE = """() => [...document.querySelectorAll("article *")]
    .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && e.checkVisibility())
    .filter(e => getComputedStyle(e).overflowX != "visible")
    .filter(e => !e.matches(".visually-hidden") && !(e.matches(".more-right") && e.tabIndex == 0))
    .map(e => e.outerHTML.slice(0, 120))"""
UNSET_MATHS = """() => [...document.querySelectorAll(".math")]
    .filter(e => !e.querySelector("math annotation") || e.querySelector("merror")
        || !e.querySelector("math").getBoundingClientRect().width)
    .map(e => e.outerHTML.slice(0, 200))"""
# Beside formulas that are wider than their place: a backslash that is shown, as in "max\\_norm".
CUT_MATHS = """() => [...document.querySelectorAll("div.math")]
    .filter(e => e.scrollWidth > e.clientWidth + 1)
    .concat([...document.querySelectorAll("math :is(mi, mo, mtext)")]
        .filter(e => e.textContent.includes("\\\\")))
    .map(e => e.closest(".math").textContent.slice(0, 80))"""
CUT_CODE = """() => [...document.querySelectorAll(".cell_input pre")]
    .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.textContent.slice(0, 80))"""
SMALL_CODE = """() => [...document.querySelectorAll("td code")]
    .filter(e => parseFloat(getComputedStyle(e).fontSize) < 11).map(e => e.textContent)"""
# Lightness of text and page, 0 to 1, and what a figure stands on.
COLOURS = """() => {
    const light = (e, property) => {
        const [r, g, b] = getComputedStyle(e)[property].match(/[\\d.]+/g).map(Number);
        return (0.3 * r + 0.6 * g + 0.1 * b) / 255;
    };
    return {text: light(document.querySelector("article p"), "color"),
            page: light(document.body, "backgroundColor"),
            code: light(document.querySelector(".cell_input") ?? document.body, "backgroundColor"),
            figure: light(document.querySelector("article img"), "backgroundColor")};
}"""
# axe-core, which a test has put into the page before: each violation, and where it is. Two rules
# compare colours, which takes longer than all the rest: they get the elements that look alike once.
RUN_AXE = """async () => {
    const OF_COLOURS = ["color-contrast", "link-in-text-block"];
    const violations = async (where, rules) => (await axe.run(where, {
        resultTypes: ["violations"], preload: false, ...rules,
    })).violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 120))}`);
    WHERE
}"""
AXE = RUN_AXE.replace(
    "WHERE",
    """
    const off = Object.fromEntries(OF_COLOURS.map(rule => [rule, {enabled: false}]));
    return violations(document, {rules: off});
""",
)
# The first of all elements with text of one colour, size and weight on one ground.
AXE_ON_COLOURS = RUN_AXE.replace(
    "WHERE",
    """
    const grounds = new Map([[null, ""]]);
    const groundOf = e => {
        if (!grounds.has(e)) {
            const s = getComputedStyle(e);
            const own = [s.backgroundColor, s.backgroundImage, s.opacity, s.filter].join();
            const clear = own == "rgba(0, 0, 0, 0),none,1,none";
            grounds.set(e, groundOf(e.parentElement) + (clear ? "" : own + ";"));
        }
        return grounds.get(e);
    };
    const first = new Map(), words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (words.nextNode()) {
        const e = words.currentNode.parentElement, s = getComputedStyle(e);
        if (!words.currentNode.data.trim() || !e.checkVisibility()) continue;
        const around = getComputedStyle(e.parentElement).color; // a link is seen beside it
        const look = [s.color, s.fontSize, s.fontWeight, around, groundOf(e)].join("|");
        if (!first.has(look)) first.set(look, e);
    }
    return violations({include: [...first.values()]}, {runOnly: OF_COLOURS});
""",
)
