"use strict";
const table = document.getElementById("students"), body = table.tBodies[0];
const rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
const order = new Intl.Collator(undefined, { numeric: true });  // made once: there may be 10,000 rows
const key = (row, k) => row.cells[k].dataset.value ?? row.cells[k].textContent.trim();
heads.forEach((head, k) => head.querySelector("button").addEventListener("click", () => {
  const down = head.getAttribute("aria-sort") === "ascending", sign = down ? -1 : 1;
  heads.forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  const keys = new Map(rows.map(row => [row, key(row, k)]));
  rows.sort((a, b) => sign * order.compare(keys.get(a), keys.get(b)));
  body.append(...rows);
}));
const texts = new Map(rows.map(row => [row, row.textContent.toLowerCase()]));
document.getElementById("search").addEventListener("input", event => {
  const words = event.target.value.toLowerCase().split(/\s+/);
  for (const row of rows) row.hidden = !words.every(word => texts.get(row).includes(word));
  document.getElementById("shown").textContent = `${rows.filter(row => !row.hidden).length} of ${rows.length}`;
});
