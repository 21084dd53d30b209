/** The package's entry points: their name in dist/cjs/ and their compiled ES module. */

export const entries = {
  index: './dist/index.js',
  worker: './dist/src/worker/index.js',
  piscina: './dist/src/adapters/piscina.js',
  observe: './dist/src/observe/index.js',
  client: './dist/src/client/index.js',
  config: './dist/src/config/index.js',
  logging: './dist/src/logging/index.js',
} as const

/** Programs that the package runs; nobody imports them, so they have no declarations. */
export const programs = {
  zygote: './dist/src/zygote/main.js',
  spawned: './dist/src/worker/main.js',
} as const

export type EntryName = keyof typeof entries

export const commonJsFolder = 'dist/cjs'
