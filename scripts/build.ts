/** `npm run build [-- native|ts|cjs|types|test ...] [--debug]`: builds what is out of date. */
import process from 'node:process'
import { parseArgs } from 'node:util'
import { type BuildPart, buildParts, defaultParts, isBuildPart } from './build/parts.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { debug: { type: 'boolean', default: false } },
})

const unknown = positionals.filter((name) => !isBuildPart(name))
if (unknown.length > 0) {
  console.error(`Unknown part: ${unknown.join(', ')}`)
  process.exit(2)
}
const parts = positionals.length > 0 ? (positionals as BuildPart[]) : defaultParts
try {
  await buildParts(parts, { debug: values.debug })
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
