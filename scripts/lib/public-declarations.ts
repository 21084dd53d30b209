/** The text of the API lock: one ambient module an entry point, so that a single file holds them all. */
import { entries } from '../build/entries.js'
import { bundleTypes } from './bundle-types.js'

const header = `// The public API of Hatchery, made by \`npm run api\`. Do not edit: change the sources and run it again.
// Reviewed like code: a difference here is a difference that users see.
`

export const specifiers = {
  index: 'hatchery',
  worker: 'hatchery/worker',
  piscina: 'hatchery/piscina',
  observe: 'hatchery/observe',
  config: 'hatchery/config',
  logging: 'hatchery/logging',
  client: 'hatchery/client',
} as const

export async function publicDeclarations(): Promise<string> {
  const declarations = Object.fromEntries(
    Object.entries(entries).map(([name, file]) => [name, file.replace(/\.js$/, '.d.ts')]),
  )
  const files = await bundleTypes(declarations, '')
  // What several entries share is a chunk; its name is nobody's business, but the order must not change by itself.
  const named = files.map(({ fileName, code }) => ({ name: moduleName(fileName), code: code.trim() }))
  named.sort((a, b) => a.name.localeCompare(b.name))
  const modules = named.map(({ name, code }) => `declare module '${name}' {\n${indent(renameImports(code))}\n}\n`)
  return `${header}\n${modules.join('\n')}`
}

function moduleName(file: string): string {
  return specifiers[file as keyof typeof specifiers] ?? `hatchery/internal/${file}`
}

function renameImports(code: string): string {
  return code.replace(/from '\.\/([^']+)'/g, (_, file: string) => `from '${moduleName(file)}'`)
}

function indent(code: string): string {
  return (
    code
      .split('\n')
      // Inside an ambient module everything is ambient already.
      .map((line) => (line === '' ? '' : `  ${line.replace(/^(export )?declare /, '$1')}`))
      .join('\n')
  )
}
