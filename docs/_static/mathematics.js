// Whoever copies a formula gets its TeX, between dollars, and not its letters one by one.
document.addEventListener("copy", event => {
  const selection = getSelection();
  if (selection.isCollapsed) return;
  const range = selection.getRangeAt(0).cloneRange();
  const formulaAt = node => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement).closest(".math");
  const [first, last] = [formulaAt(range.startContainer), formulaAt(range.endContainer)];
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  const copy = document.createElement("div");
  copy.append(range.cloneContents());
  const formulas = copy.querySelectorAll(".math");
  if (!formulas.length) return;
  for (const formula of formulas) {
    const tex = formula.querySelector("annotation").textContent.trim();
    formula.textContent = formula.matches("div") ? `$$\n${tex}\n$$\n` : `$${tex}$`;
    formula.style.whiteSpace = "pre-wrap";
  }
  document.body.append(copy); // innerText keeps the lines apart only of what stands in the page
  event.clipboardData.setData("text/plain", copy.innerText);
  event.clipboardData.setData("text/html", copy.innerHTML);
  copy.remove();
  event.preventDefault();
});
