/** The package's entry points: their name in dist/cjs/ and their compiled ES module. */
import { join } from 'node:path'

export const entries = {
  index: join('dist', 'index.js'),
  worker: join('dist', 'src', 'worker', 'index.js'),
  piscina: join('dist', 'src', 'adapters', 'piscina.js'),
} as const

export type EntryName = keyof typeof entries

export const commonJsFolder = join('dist', 'cjs')
