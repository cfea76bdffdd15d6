// The search shows lessons first, then their companions and the guides, then the reference.
var Scorer = {
  score: ([page, , , , score]) => {
    if (page.startsWith("notebooks/further/")) return score + 100;
    if (page.startsWith("notebooks/")) return score + 200;
    return page.startsWith("docs/api/") || page.startsWith("data/") ? score : score + 50;
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: {0: 15, 1: 5, 2: -5},
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
