/**
 * Every example of README.md and docs/: scripts are type checked, programs are run against the built package, JSON and
 * YAML are read, shell is parsed. What the words behind a block's language mean: helpers/blocks.ts.
 */
import { spawnSync } from 'node:child_process'
import test from 'ava'
import { parseAllDocuments } from 'yaml'
import { watchForLeaks } from '../helpers/leaks.js'
import { blocksOf, isShell } from './helpers/blocks.js'
import { allPages, layOut, pageOf, removeAll } from './helpers/pages.js'
import { runPage } from './helpers/run-page.js'
import { typeCheck } from './helpers/type-check.js'

watchForLeaks()

const pages = allPages()
const all = pages.flatMap(({ blocks }) => blocks)

test.before('lay out', () => {
  for (const page of pages) layOut(page)
})

test.after.always('clean up', removeAll)

test.serial('scripts are type checked', (t) => {
  t.timeout(120_000)
  // One page with faults, so that we see that they are found.
  const faulty = pageOf(
    'faulty.md',
    "```js\nimport { Pool } from 'hatchery'\nnew Pool({ maxWorker: 2 })\n```\n```ts\npool.rnu(mine)\n```\n",
  )
  layOut(faulty)
  const wrong = typeCheck([...pages, faulty])
  const found = wrong.filter((line) => line.startsWith(faulty.path))
  t.deepEqual(
    wrong.filter((line) => !found.includes(line)),
    [],
  )
  t.is(found.length, 2)
  t.regex(found.join(), /faulty.md:3: .*'maxWorker' does not exist/)
  t.regex(found.join(), /faulty.md:6: .*'rnu' does not exist/)
})

test.serial('data can be read', (t) => {
  const wrong = all
    .filter(({ skip }) => skip === undefined)
    .flatMap(({ page, line, language, text }) => {
      if (language === 'json') return unreadable(() => JSON.parse(text), `${page}:${line}`)
      if (language === 'jsonl') {
        return text
          .split('\n')
          .flatMap((entry, index) => unreadable(() => JSON.parse(entry), `${page}:${line + index}`))
      }
      if (language !== 'yaml') return []
      return parseAllDocuments(text).flatMap(({ errors }) => errors.map(({ message }) => `${page}:${line}: ${message}`))
    })
  t.deepEqual(wrong, [])
})

function unreadable(read: () => unknown, where: string): string[] {
  try {
    read()
    return []
  } catch (error) {
    return [`${where}: ${String(error)}`]
  }
}

test.serial('shell can be parsed', (t) => {
  const scripts = all.filter((block) => isShell(block) && block.skip === undefined)
  for (const { page, line, text } of scripts) {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
    t.is(status, 0, `${page}:${line}: ${stderr}`)
  }
})

for (const page of pages.filter(({ blocks }) => blocks.some(({ run }) => run))) {
  test.serial(`programs run: ${page.path}`, async (t) => {
    t.timeout(300_000)
    const wrong = await runPage(page)
    t.deepEqual(wrong, [], wrong.join('\n'))
  })
}

test.serial('a block that says what cannot be is found', (t) => {
  t.throws(() => blocksOf('page.md', '```js rnu\n```\n'), { message: /cannot be "rnu"/ })
  t.throws(() => blocksOf('page.md', '```js skip\n```\n'), { message: /says why/ })
  t.throws(() => blocksOf('page.md', '```js\n'), { message: /does not end/ })
})
