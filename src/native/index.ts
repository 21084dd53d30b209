/** The native addon: how it is found, and what it offers. */
export { workerPath, zygotePath } from './entry-paths.js'
export { loadNative } from './load.js'
export { packageRoot } from './package-root.js'
export type { MachineProbe, Tried } from './probe.js'
export type * from './types.js'
