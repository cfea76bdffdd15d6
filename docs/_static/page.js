// What a page does beyond its text: it says where something can be moved sideways, names its copy
// buttons, and brings folded answers to its end before it is printed.

// --- what is wider than its place ---
const BOXES = ".math, .highlight pre, .cell_output pre, .cell_output, .cell_output > .output, .table-wrapper, p:has(> img), .dial";

// A fading edge shows on which side there is more (site.css), and the arrow keys reach it.
function mark(box) {
  if (box.matches("div.math")) breakFormula(box);
  const rest = box.scrollWidth - box.clientWidth;
  const wide = rest > 1 && getComputedStyle(box).overflowX === "auto";
  box.classList.toggle("more-left", wide && box.scrollLeft > 1);
  box.classList.toggle("more-right", wide && box.scrollLeft < rest - 1);
  if (wide === box.hasAttribute("tabindex")) return;
  if (wide) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Wider than the page: move it sideways");
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
  }
}

// A formula that is wider than its place is broken between its parts (breaking.py).
function breakFormula(box) {
  box.classList.remove("broken");
  box.classList.toggle("broken", box.scrollWidth > box.clientWidth + 1);
}

const boxes = [...document.querySelectorAll("article :is(" + BOXES + ")")];
const observer = new ResizeObserver(changed => changed.forEach(({target}) => mark(target)));
for (const box of boxes) {
  observer.observe(box);
  box.addEventListener("scroll", () => mark(box), {passive: true});
}
document.fonts.ready.then(() => boxes.forEach(mark));

// --- copy buttons, which are made when the page has been read ---
addEventListener("load", () => {
  for (const button of document.querySelectorAll(".copybtn")) {
    button.setAttribute("aria-label", "Copy this code");
  }
});

// --- printing ---
// Answers stand at the end of the sheet, under the question they were folded behind.
let answers = null;
addEventListener("beforeprint", () => {
  const folded = document.querySelectorAll("article details:not(details details, .stuck)");
  if (!folded.length || answers) return;
  answers = document.createElement("section");
  answers.className = "answers";
  answers.innerHTML = "<h2>Answers</h2>";
  for (const one of folded) {
    const answer = document.createElement("div");
    answer.append(...one.cloneNode(true).childNodes);
    const question = answer.querySelector("summary");
    const title = document.createElement("p");
    title.className = "question";
    title.append(...question.childNodes);
    question.replaceWith(title);
    answers.append(answer);
  }
  document.querySelector("article").append(answers);
});
addEventListener("afterprint", () => {
  answers?.remove();
  answers = null;
});
