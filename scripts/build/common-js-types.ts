/** Declarations for the CommonJS entries: TypeScript wants a .d.cts beside each .cjs. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleTypes } from '../lib/bundle-types.js'
import { step } from '../lib/fingerprint.js'
import { commonJsFolder, entries } from './entries.js'

export function buildCommonJsTypes(): Promise<'built' | 'fresh'> {
  return step(
    'types',
    { paths: ['package-lock.json', 'index.ts', 'src', 'scripts/lib/bundle-types.ts'], match: /\.ts$/ },
    Object.keys(entries).map((name) => join(commonJsFolder, `${name}.d.cts`)),
    async () => {
      const declarations = Object.fromEntries(
        Object.entries(entries).map(([name, file]) => [name, file.replace(/\.js$/, '.d.ts')]),
      )
      for (const { fileName, code } of await bundleTypes(declarations, '.d.cts')) {
        writeFileSync(join(commonJsFolder, fileName), code)
      }
    },
  )
}
