/** `npm run bench -- draw [FILE]`: draws the curves again from what a run has written, docs/benchmarks/ by default. */
import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import process from 'node:process'
import { reviveCurve, type WrittenCurve } from './charts/curves.js'
import { publishedFile, writeCurves } from './charts/write.js'

const given = process.argv[2]
const fromUser = (path: string): string => (isAbsolute(path) ? path : join(process.env.INIT_CWD ?? process.cwd(), path))
const file = given === undefined ? publishedFile : fromUser(given)
const { curves } = JSON.parse(readFileSync(file, 'utf8')) as { curves: WrittenCurve[] }
for (const written of writeCurves(dirname(file), curves.map(reviveCurve))) console.log(`wrote ${written}`)
