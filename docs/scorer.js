// What the search ranks first: pages that explain, then examples, then the reference.
var Scorer = {
  score([docname, , , , score]) {
    const place = docname.startsWith("gallery/") ? 0.8 : docname.includes("/") || docname == "glossary" ? 0.4 : 1
    return place * score
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: {0: 15, 1: 5, 2: -5},
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
}
