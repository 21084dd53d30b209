/**
 * The CommonJS entries, bundled from the ES modules in dist/ so that both come from one compilation. The programs of zygote and
 * spawned workers are bundled too: they start in a third less time than some forty modules that Node's loader fetches one by one.
 */
import { join } from 'node:path'
import { build } from 'esbuild'
import { step } from '../lib/fingerprint.js'
import { commonJsFolder, entries, programs } from './entries.js'

const bundles = { ...entries, ...programs }
const outputs = Object.keys(bundles).map((name) => join(commonJsFolder, `${name}.cjs`))

export function buildCommonJs(): Promise<'built' | 'fresh'> {
  return step(
    'cjs',
    {
      paths: ['package-lock.json', 'index.ts', 'src', 'scripts/build/common-js.ts', 'scripts/build/entries.ts'],
      match: /\.ts$/,
    },
    outputs,
    async () => {
      await build({
        entryPoints: bundles,
        outdir: commonJsFolder,
        outExtension: { '.js': '.cjs' },
        bundle: true,
        platform: 'node',
        format: 'cjs',
        target: 'node20',
        packages: 'external',
        // CommonJS has no import.meta. The bundle's own address stands in for it: what is looked up from there is
        // the package's root, found by walking up, which gives the same answer from dist/cjs/.
        define: { 'import.meta.url': '__bundleUrl' },
        banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
        logLevel: 'warning',
      })
    },
  )
}
