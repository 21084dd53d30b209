/** `npm run chaos [-- options]`: builds, and runs __test__/chaos/main.ts, where the options are. */
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { buildParts, defaultParts } from './build/parts.js'

await buildParts([...defaultParts, 'test'])
const program = resolve(join('.build', 'test', '__test__', 'chaos', 'main.js'))
process.argv[1] = program
await import(pathToFileURL(program).href)
