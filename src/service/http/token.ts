import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { ERROR_CODES, HatcheryError } from '../../errors/index.js'

/** Shortest token: less can be guessed. */
const MIN_LENGTH = 16

/** What clients on TCP have to show. */
export class Token {
  readonly #digest: Buffer

  /** @param text the token itself, which is not kept */
  constructor(text: string) {
    this.#digest = digest(text)
  }

  /** Whether this is it. Digests are compared, which are of one length: how long that takes tells nothing of the token. */
  matches(given: string): boolean {
    return timingSafeEqual(digest(given), this.#digest)
  }

  equals(other: Token): boolean {
    return this.#digest.equals(other.#digest)
  }
}

/** Whether both are the same, or neither is there. */
export function isSame(one: Token | undefined, other: Token | undefined): boolean {
  return one === undefined || other === undefined ? one === other : one.equals(other)
}

/**
 * The token in a file.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION if it cannot be read, or is too short
 */
export function readToken(file: string): Token {
  let text: string
  try {
    text = readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw invalid(
      `The token cannot be read: ${(cause as Error).message}. Name a file that holds one (token_file).`,
      cause,
    )
  }
  if (text.length >= MIN_LENGTH && /^[\x21-\x7e]+$/.test(text)) return new Token(text)
  throw invalid(
    `The token in ${file} must be one word of at least ${MIN_LENGTH} characters, all of them ASCII. To make one: ` +
      `(umask 077; openssl rand -hex 32 > ${file})`,
  )
}

/** Whether others than the owner may read the file. */
export function isReadByOthers(tokenFile: string): boolean {
  return (statSync(tokenFile).mode & 0o044) !== 0
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function invalid(message: string, cause?: unknown): HatcheryError {
  return new HatcheryError(ERROR_CODES.INVALID_OPTION, message, undefined, cause === undefined ? undefined : { cause })
}
