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
# axe-core, which a test has put into the page before: each violation, and where it is. Looking at
# colours takes longer than all the rest.
AXE = """async colours => (await axe.run({
        resultTypes: ["violations"], preload: false, rules: {"color-contrast": {enabled: colours}},
    })).violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 120))}`)"""
