/**
 * JSON that keeps where each value stands, and keys that come twice, neither of which `JSON.parse` tells. What stands for
 * a value or a key is handed to it, so that both agree on what is one.
 */
import { type JsonMember, type JsonNode, JsonSyntaxError } from './tree.js'

/** Deeper than any configuration, and far from the end of the stack. */
const MAX_DEPTH = 100

const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\]|\\[\s\S])*"/y
const WORD = /[^\s{}[\],:"]+/y

/** @throws JsonSyntaxError */
export function parseJson(text: string): JsonNode {
  const parser = new Parser(text)
  const node = parser.value(0)
  parser.end()
  return node
}

class Parser {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
    this.#skip()
  }

  value(depth: number): JsonNode {
    const start = this.#at
    if (depth > MAX_DEPTH) throw this.#error(`nested deeper than ${MAX_DEPTH} levels`)
    switch (this.#text[start]) {
      case '{':
        return { kind: 'object', start, members: this.#list('}', () => this.#member(depth + 1)) }
      case '[':
        return { kind: 'array', start, items: this.#list(']', () => this.value(depth + 1)) }
      case '"':
        return { kind: 'value', start, value: this.#string('a string') }
      default:
        return { kind: 'value', start, value: this.#word() }
    }
  }

  end(): void {
    if (this.#at < this.#text.length) throw this.#error(`expected the end of the file, found ${this.#found()}`)
  }

  #list<T>(close: '}' | ']', item: () => T): T[] {
    const items: T[] = []
    this.#at++
    this.#skip()
    if (this.#take(close)) return items
    for (;;) {
      items.push(item())
      if (this.#take(close)) return items
      const comma = this.#at
      if (!this.#take(',')) throw this.#error(`expected "," or "${close}", found ${this.#found()}`)
      if (this.#text[this.#at] === close)
        throw this.#error(`a comma before "${close}", which JSON does not allow`, comma)
    }
  }

  #member(depth: number): JsonMember {
    const start = this.#at
    if (this.#text[start] !== '"') throw this.#error(`expected a key in double quotes, found ${this.#found()}`)
    const key = this.#string('a key')
    if (!this.#take(':')) throw this.#error(`expected ":" after the key ${JSON.stringify(key)}, found ${this.#found()}`)
    return { key, start, node: this.value(depth) }
  }

  #string(what: string): string {
    const start = this.#at
    const raw = this.#match(STRING)
    if (raw === undefined) throw this.#error(`${what} that does not end`, start)
    const breaks = /[\r\n]/.exec(raw)
    if (breaks !== null) throw this.#error(`${what} that does not end on its line`, start)
    this.#skip()
    return this.#parsed(raw, start, `${what} with a character or escape that JSON does not allow`) as string
  }

  #word(): number | boolean | null {
    const start = this.#at
    const raw = this.#match(WORD)
    if (raw === undefined) throw this.#error(`expected a value, found ${this.#found()}`)
    this.#skip()
    if (/^(\/\/|\/\*)/.test(raw)) throw this.#error('a comment, which JSON does not allow', start)
    if (raw.startsWith("'")) throw this.#error('text in single quotes: JSON wants double quotes', start)
    const shown = JSON.stringify(raw.slice(0, 40))
    return this.#parsed(
      raw,
      start,
      `${shown}, which is neither a number, true, false, null nor text in double quotes`,
    ) as number
  }

  #parsed(raw: string, start: number, otherwise: string): unknown {
    try {
      return JSON.parse(raw)
    } catch {
      throw this.#error(otherwise, start)
    }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    this.#skip()
    return true
  }

  #skip(): void {
    this.#match(SPACE)
  }

  #found(): string {
    const rest = this.#text.slice(this.#at, this.#at + 2)
    if (rest === '') return 'the end of the file'
    if (rest === '//' || rest === '/*') return 'a comment, which JSON does not allow'
    return JSON.stringify(String.fromCodePoint(this.#text.codePointAt(this.#at)!))
  }

  #error(message: string, offset = this.#at): JsonSyntaxError {
    return new JsonSyntaxError(message, offset)
  }
}
