/** docs/api/errors.md says of every code what it means and what to do, and of no other. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { ERROR_CODES } from 'hatchery'

const page = readFileSync('docs/api/errors.md', 'utf8')
/** What is said of each code, by code. */
const sections = new Map(
  page
    .split(/^##.? /m)
    .filter((section) => section.startsWith('ERR_'))
    .map((section) => [section.split('\n', 1)[0]!, section.slice(section.indexOf('\n') + 1).trim()]),
)

test('every error code has its section in docs/api/errors.md', (t) => {
  t.deepEqual([...sections.keys()].sort(), Object.values(ERROR_CODES).sort())
})

test('each says what to do', (t) => {
  t.deepEqual(
    [...sections].filter(([, text]) => !text.includes('**Do:**') && !text.includes('See [')).map(([code]) => code),
    [],
  )
})
