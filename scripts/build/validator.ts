/**
 * The check of configuration files: ajv compiles the JSON Schema to a module that needs nothing of ajv, which is bundled
 * with the few lines that it shares and put beside the compiled modules of src/config.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { Ajv } from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import { build } from 'esbuild'
import { publishPlain } from '../../src/config/schema/publish.js'
import { step } from '../lib/fingerprint.js'

const place = join('src', 'config', 'validator.js')

/** @param folder where the sources are compiled to */
export function buildValidator(folder: string): Promise<'built' | 'fresh'> {
  const output = join(folder, place)
  return step(
    `validator-${folder.replace(/\W/g, '')}`,
    { paths: ['package-lock.json', 'src/config/schema', 'scripts/build/validator.ts'], match: /\.(ts|json)$/ },
    [output],
    async () => {
      const ajv = new Ajv({ allErrors: true, messages: false, strictTypes: false, code: { source: true, esm: true } })
      const code = standalone.default(ajv, ajv.compile(publishPlain()))
      const bundle = await build({
        stdin: { contents: code, resolveDir: process.cwd(), loader: 'js' },
        bundle: true,
        write: false,
        format: 'esm',
        platform: 'neutral',
        mainFields: ['main'],
        target: 'node20',
        minify: true,
        logLevel: 'error',
      })
      mkdirSync(dirname(output), { recursive: true })
      writeFileSync(output, bundle.outputFiles[0]!.text)
    },
  )
}
