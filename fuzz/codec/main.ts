/**
 * Fuzzes the codec: inputs are changed at random, and one that reaches a block of code which none has reached before is
 * kept and changed in its turn. (Jazzer.js does the same with libFuzzer, but its binary wants a newer C library than that
 * of Debian 12.) Ends with 1 at the first finding, which it leaves in fuzz/artifacts/codec/.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { Random } from '../../__test__/chaos/random.js'
import { Coverage } from './coverage.js'
import { mutate } from './mutate.js'
import { seeds } from './seeds.js'
import { fuzz } from './target.js'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() & 0x7fff_ffff) },
    longest: { type: 'string', default: '4096' },
  },
})
/** Inputs between two looks at the coverage. */
const BATCH = 64
/** Milliseconds and bytes beyond which an input counts as a finding. */
const SLOW = 5_000
const HUGE = 1 << 30

const corpusFolder = join('fuzz', 'corpus', 'codec')
const artifacts = join('fuzz', 'artifacts', 'codec')
mkdirSync(corpusFolder, { recursive: true })
const random = new Random(Number(values.seed))
const longest = Number(values.longest)
const coverage = new Coverage('fuzz/codec.mjs')
const corpus: Buffer[] = []
/** Blocks of code, by name. */
const reached = new Set<string>()
let runs = 0

function report(what: string): void {
  console.error(`${what}: ${runs} runs, ${reached.size} blocks, ${corpus.length} inputs`)
}

function digest(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex')
}

function tryOne(bytes: Buffer): void {
  runs++
  const began = performance.now()
  try {
    fuzz(bytes)
    const milliseconds = performance.now() - began
    if (milliseconds > SLOW) throw new Error(`took ${milliseconds} ms`)
  } catch (error) {
    mkdirSync(artifacts, { recursive: true })
    const file = join(artifacts, digest(bytes))
    writeFileSync(file, bytes)
    console.error(`${file} (seed ${values.seed}):`, error)
    process.exit(1)
  }
}

/** Runs each; those that reach what none has reached are changed in their turn. */
async function explore(inputs: readonly Buffer[]): Promise<void> {
  for (const bytes of inputs) tryOne(bytes)
  if ((await coverage.ran()).every((block) => reached.has(block))) return
  // Once more by itself, each: which was it?
  for (const bytes of inputs) {
    tryOne(bytes)
    const news = (await coverage.ran()).filter((block) => !reached.has(block))
    if (news.length === 0) continue
    for (const block of news) reached.add(block)
    corpus.push(bytes)
    writeFileSync(join(corpusFolder, digest(bytes)), bytes)
  }
}

await coverage.start()
await explore([...seeds(), ...readdirSync(corpusFolder).map((name) => readFileSync(join(corpusFolder, name)))])
const pick = () => corpus[random.below(corpus.length)]!
const end = performance.now() + Number(values.seconds) * 1000
let said = performance.now()
while (performance.now() < end) {
  await explore(Array.from({ length: BATCH }, () => mutate(pick(), random, pick(), longest)))
  if (process.memoryUsage.rss() > HUGE) {
    console.error(`more than ${HUGE} bytes after ${runs} runs, seed ${values.seed}`)
    process.exit(1)
  }
  if (performance.now() - said > 10_000) {
    said = performance.now()
    report('Going on')
  }
}
report('Done, no finding')
