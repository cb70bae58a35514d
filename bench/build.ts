/**
 * Bundles the load tool into `dist/bench`: `node --import tsx bench/build.ts [FOLDER]`.
 *
 * It is a tool beside the server, so what it needs for tables, plots and histograms is bundled
 * rather than made a dependency of the product; what the server depends on anyway stays outside.
 */
import { readFile, rename, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const OUTPUT = process.argv[2] ?? fileURLToPath(new URL('../dist/bench', import.meta.url))
const BUILDING = `${OUTPUT}-${process.pid}`

const facts = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
}
// Built aside and put in place at once: a run that begins meanwhile finds one or the other.
await rm(BUILDING, { recursive: true, force: true })
await build({
  absWorkingDir: ROOT,
  entryPoints: { main: 'bench/main.ts', child: 'bench/child.ts' },
  outdir: BUILDING,
  bundle: true,
  // What main and the children share is not in both, and pages are only loaded when they are drawn.
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  // Traces of faults keep their names.
  keepNames: true,
  external: Object.keys(facts.dependencies),
  // CommonJS packages ask for Node's modules by `require`.
  banner: {
    js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
  },
  logLevel: 'warning',
})
await rm(OUTPUT, { recursive: true, force: true })
await rename(BUILDING, OUTPUT)
