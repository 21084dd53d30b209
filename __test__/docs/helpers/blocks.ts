/**
 * The fenced blocks of a Markdown page. The info string behind the language says what is done with one:
 *
 *     ```js title=worker.js     written to that file, in a folder that all blocks of the page share
 *     ```js run                 run as a program there, or as the file that `title` names
 *     ```text output            what the program before it prints; … stands for anything
 *     ```js skip="a reason"     left alone
 *
 * A block inside of an HTML comment counts: readers of the page do not see it, and what they see can use it.
 */

export interface Block {
  /** Path of the page, from the root of the repository. */
  readonly page: string
  /** Line of the page on which the block's text begins, from 1. */
  readonly line: number
  /** First word of the info string, in lower case. */
  readonly language: string
  readonly title: string | undefined
  readonly run: boolean
  /** It is what the block before it is to print. */
  readonly output: boolean
  /** Why it is left alone. */
  readonly skip: string | undefined
  readonly text: string
}

const OPENING = /^(\s*)(`{3,}|~{3,})\s*(\S*)\s*(.*)$/
const WORD = /([a-z]+)(?:=(?:"([^"]*)"|(\S+)))?/g
const KNOWN = new Set(['title', 'run', 'output', 'skip'])

/** Throws for an info string with a word that means nothing: it is mistyped, and nothing would be tested. */
export function blocksOf(page: string, markdown: string): Block[] {
  const lines = markdown.split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const [, indent, fence, language, info] = OPENING.exec(lines[at]!) ?? []
    if (fence === undefined) continue
    const words = wordsOf(info!, `${page}:${at + 1}`)
    const begin = at + 1
    const end = lines.findIndex((line, index) => index >= begin && line.trim() === fence)
    if (end < 0) throw new Error(`${page}:${begin}: the block does not end`)
    blocks.push({
      page,
      line: begin + 1,
      language: language!.toLowerCase(),
      title: words.get('title'),
      run: words.has('run'),
      output: words.has('output'),
      skip: words.get('skip'),
      text: lines
        .slice(begin, end)
        .map((line) => (line.startsWith(indent!) ? line.slice(indent!.length) : line))
        .join('\n'),
    })
    at = end
  }
  return blocks
}

function wordsOf(info: string, where: string): Map<string, string> {
  const words = new Map<string, string>()
  for (const [, key, quoted, plain] of info.matchAll(WORD)) {
    if (!KNOWN.has(key!)) throw new Error(`${where}: a block cannot be "${key}": ${[...KNOWN].join(', ')}`)
    words.set(key!, quoted ?? plain ?? '')
  }
  if (words.get('skip') === '') throw new Error(`${where}: skip="…" says why`)
  return words
}

export const isTypeScript = ({ language }: Block): boolean => language === 'ts' || language === 'typescript'
export const isScript = (block: Block): boolean =>
  isTypeScript(block) || ['js', 'javascript', 'mjs', 'cjs'].includes(block.language)
export const isShell = ({ language }: Block): boolean => ['sh', 'bash', 'shell'].includes(language)
