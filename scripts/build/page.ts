/** The dashboard of the daemon: a page, a script and a style sheet, with all that they need in them. */
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { step } from '../lib/fingerprint.js'

const source = join('src', 'ui')
const folder = join('dist', 'ui')
const licence = join('node_modules', 'uplot', 'LICENSE')
const files = ['index.html', 'dashboard.js', 'dashboard.css', 'LICENSES.txt']

export function buildPage(): Promise<'built' | 'fresh'> {
  return step(
    'page',
    {
      paths: ['package-lock.json', source, join('src', 'api'), 'scripts/build/page.ts'],
      match: /\.(ts|css|html|json)$/,
    },
    files.map((file) => join(folder, file)),
    async () => {
      mkdirSync(folder, { recursive: true })
      await build({
        entryPoints: [join(source, 'main.ts'), join(source, 'dashboard.css')].map((file) => ({
          in: file,
          out: 'dashboard',
        })),
        outdir: folder,
        bundle: true,
        minify: true,
        format: 'iife',
        target: ['chrome111', 'firefox113', 'safari16.4'],
        banner: { js: '/*! Contains uPlot, (c) Leon Sorokin, MIT: see LICENSES.txt. */' },
        logLevel: 'warning',
      })
      copyFileSync(join(source, 'index.html'), join(folder, 'index.html'))
      writeFileSync(join(folder, 'LICENSES.txt'), `dashboard.js contains uPlot:\n\n${readFileSync(licence, 'utf8')}`)
    },
  )
}
