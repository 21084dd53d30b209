/**
 * `npm run chaos [-- --kills N --seed N --workers N --concurrency N --start-method fork|spawn --publish]`: builds, and has workers
 * die under load in all ways there are, while every task is accounted for; see docs/chaos.md, which `--publish` writes.
 */
import { join, resolve } from 'node:path'
import process from 'node:process'
import { pathToFileURL } from 'node:url'
import { buildParts, defaultParts } from './build/parts.js'

await buildParts([...defaultParts, 'test'])
const program = resolve(join('.build', 'test', '__test__', 'chaos', 'main.js'))
process.argv[1] = program
await import(pathToFileURL(program).href)
