// What the search ranks first: pages that explain, then examples, then the reference and pages for contributors.
var Scorer = {
  score([docname, , , , score]) {
    const last = docname.includes("/") || ["changelog", "contributing", "glossary"].includes(docname)
    const place = docname.startsWith("gallery/") ? 0.8 : last ? 0.4 : 1
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
