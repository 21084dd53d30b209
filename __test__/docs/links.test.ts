/** Links of the pages lead somewhere, headings included. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import test from 'ava'

const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

/** As GitHub makes them of headings. */
function anchorsOf(page: string): Set<string> {
  const text = readFileSync(page, 'utf8').replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
  // The second of the same name has -1 behind it, and so on.
  const counts = new Map<string, number>()
  const anchors = headings.map((heading) => {
    const count = counts.get(heading) ?? 0
    counts.set(heading, count + 1)
    return count === 0 ? heading : `${heading}-${count}`
  })
  return new Set([...anchors, ...[...text.matchAll(/<a id="([^"]+)"/g)].map(([, id]) => id!)])
}

/** What is wrong with a page's links. */
function broken(page: string): string[] {
  const text = readFileSync(page, 'utf8').replace(/^(```|~~~)[\s\S]*?^\1/gm, '')
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target]) => {
    if (/^[a-z]+:/.test(target!)) return []
    const [path, anchor] = target!.split('#')
    const file = path === '' ? page : join(dirname(page), path!)
    if (!existsSync(file)) return [`${page}: ${target} does not exist`]
    if (anchor === undefined || !statSync(file).isFile() || !file.endsWith('.md')) return []
    return anchorsOf(file).has(anchor) ? [] : [`${page}: ${target}: no such heading`]
  })
}

test('links lead somewhere', (t) => {
  t.deepEqual(pages.flatMap(broken), [])
})

test('docs/README.md leads to every page', (t) => {
  const index = readFileSync('docs/README.md', 'utf8')
  const guides = readdirSync('docs/guide').filter((name) => name.endsWith('.md'))
  t.deepEqual(
    guides.filter((name) => !index.includes(`(guide/${name})`)),
    [],
  )
})
