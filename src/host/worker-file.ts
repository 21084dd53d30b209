import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { cwd } from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ERROR_CODES, HatcheryError } from '../errors/index.js'
import { invalidOption } from './invalid-option.js'

/**
 * The `file:` URL of a module file, given as URL, `file:` URL string, or path (relative to the working directory).
 *
 * @throws ERR_HATCHERY_INVALID_OPTION if it is none of these
 * @throws ERR_HATCHERY_WORKER_FILE_NOT_FOUND if there is no such file
 */
export function workerFileUrl(option: string, filename: unknown): string {
  const url = toFileUrl(option, filename)
  const path = fileURLToPath(url)
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new HatcheryError(
      ERROR_CODES.WORKER_FILE_NOT_FOUND,
      `The worker file ${path} does not exist. "${option}" takes an absolute path, a path relative to the working ` +
        `directory (${cwd()}), or a URL such as new URL('./worker.js', import.meta.url).`,
    )
  }
  return url.href
}

/** The `file:` URL of a module to preload: a file as above, or a package name as seen from the working directory. */
export function preloadUrl(specifier: unknown): string {
  if (typeof specifier === 'string' && !/^(?:\.{0,2}\/|file:)/.test(specifier)) {
    try {
      const found = createRequire(resolve(cwd(), 'noop.js')).resolve(specifier)
      // A built-in module resolves to its own name.
      return found.startsWith('/') ? pathToFileURL(found).href : specifier
    } catch (cause) {
      // Not a package: perhaps a file name without './'.
      if (statSync(resolve(specifier), { throwIfNoEntry: false })?.isFile() !== true) throw missing(specifier, cause)
    }
  }
  return workerFileUrl('preload', specifier)
}

function missing(specifier: string, cause: unknown): HatcheryError {
  const { code, message } = cause as NodeJS.ErrnoException
  const why =
    code === 'MODULE_NOT_FOUND'
      ? `is neither a package that is installed for ${cwd()} nor a file there: install it, or give a path or URL.`
      : `cannot be resolved: ${message}. Give the path or URL of its main file.`
  const text = `preload ${JSON.stringify(specifier)} ${why}`
  return new HatcheryError(ERROR_CODES.WORKER_FILE_NOT_FOUND, text, undefined, { cause })
}

function toFileUrl(option: string, filename: unknown): URL {
  const expected = 'a path or a file: URL'
  if (filename instanceof URL || (typeof filename === 'string' && filename.startsWith('file:'))) {
    const url = parseUrl(filename)
    if (url === null || url.protocol !== 'file:' || url.host !== '') throw invalidOption(option, expected, filename)
    return url
  }
  if (typeof filename !== 'string' || filename === '' || filename.includes('\0'))
    throw invalidOption(option, expected, filename)
  return pathToFileURL(resolve(filename))
}

function parseUrl(text: string | URL): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}
