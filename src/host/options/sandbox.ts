import { existsSync, realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { execPath } from 'node:process'
import { fileURLToPath } from 'node:url'
import { type NativeSandbox, packageRoot } from '../../native/index.js'
import { checkBoolean, checkKeys } from '../check.js'
import { invalidOption } from '../invalid-option.js'

/** Most workers that wait, started, for the next task. */
const MAX_SPARES = 64

/** Files that workers may open. What is open as they start stays open. */
export interface SandboxFsOptions {
  /** Files, and folders with all below them, to be read, beside what Node itself needs. Default none. */
  readonly read?: readonly (string | URL)[] | undefined
  /** The same, to be read and written. Default none. */
  readonly write?: readonly (string | URL)[] | undefined
}

/** What is taken from workers, for good, before they run any task. What is not named stays allowed. */
export interface SandboxOptions {
  /**
   * The only files that may be opened, created, removed, renamed or truncated, by Landlock (Linux 6.2): others fail with
   * EACCES. `'read-only'`: everything may be read, nothing written. Where Node lies, system libraries, `/proc`, hatchery, the
   * folders of `filename` and `preload`, and their `node_modules`, can be read in any case.
   */
  readonly fs?: 'read-only' | SandboxFsOptions | undefined
  /** `false`: no sockets are made, of any family; EACCES. */
  readonly net?: boolean | undefined
  /** `false`: no programs are executed and no processes made (threads are); EPERM. */
  readonly exec?: boolean | undefined
  /** `false`: no signals to, and no limits of, processes other than the worker and what it has started; EPERM. */
  readonly signals?: boolean | undefined
  /**
   * `true`: each task gets a worker of its own, which is thrown away after it, so that nothing of one task is there for
   * the next. It sets `maxTasks` to 1, and `spares` to `maxWorkers` (64 at most) unless that is given; `concurrency` must
   * be 1. Default false.
   */
  readonly fresh?: boolean | undefined
}

/** See `docs/guide/sandbox.md`. */
export interface SandboxPoolOptions {
  /**
   * What workers may not do. `'fresh'` stands for `{ fresh: true }`. What the kernel cannot take away is refused, with
   * ERR_HATCHERY_SANDBOX_UNSUPPORTED. Default: they may do all that the host may.
   */
  sandbox?: 'fresh' | SandboxOptions | undefined
}

/** {@link SandboxPoolOptions} after all defaults. */
export interface ResolvedSandboxOptions {
  readonly sandbox: {
    /** Absolute paths; `undefined`: any file. */
    readonly fs: { readonly read: readonly string[]; readonly write: readonly string[] } | undefined
    readonly net: boolean
    readonly exec: boolean
    readonly signals: boolean
    readonly fresh: boolean
  }
}

/** What else of a pool it depends on. */
export interface SandboxContext {
  readonly maxWorkers: number
  readonly concurrency: number
  readonly filename: string | undefined
  readonly preload: readonly string[]
}

const KEYS: ReadonlySet<string> = new Set(['fs', 'net', 'exec', 'signals', 'fresh'] satisfies (keyof SandboxOptions)[])
const FS_KEYS: ReadonlySet<string> = new Set(['read', 'write'] satisfies (keyof SandboxFsOptions)[])

/** What Node and the C library read on their own account: libraries, certificates and OpenSSL's settings, time zones, names. */
const SYSTEM = [
  '/usr',
  '/lib',
  '/lib64',
  '/etc/ld.so.cache',
  '/etc/ssl',
  '/etc/localtime',
  '/etc/timezone',
  '/etc/hosts',
  '/etc/host.conf',
  '/etc/resolv.conf',
  '/etc/nsswitch.conf',
  '/etc/gai.conf',
  '/etc/services',
  '/dev/null',
  '/dev/zero',
  '/dev/random',
  '/dev/urandom',
  '/proc',
  '/sys/devices/system/cpu',
  '/sys/fs/cgroup',
]

/** What programs expect to be able to write to whatever happens. */
const SINKS = ['/dev/null']

/**
 * Checks the sandbox and fills in the defaults, those of `maxTasks` and `spares` as well.
 *
 * @throws ERR_HATCHERY_INVALID_OPTION
 */
export function resolveSandbox(
  options: SandboxPoolOptions & { readonly maxTasks?: number | undefined; readonly spares?: number | undefined },
  context: SandboxContext,
): ResolvedSandboxOptions & { readonly maxTasks?: number; readonly spares?: number } {
  const given = options.sandbox === 'fresh' ? { fresh: true } : options.sandbox === undefined ? {} : options.sandbox
  if (typeof given !== 'object' || given === null) throw invalidOption('sandbox', "'fresh', or an object", given)
  checkKeys('sandbox', given, KEYS)
  const flag = (name: 'net' | 'exec' | 'signals' | 'fresh', otherwise: boolean) =>
    given[name] === undefined ? otherwise : checkBoolean(`sandbox.${name}`, given[name])
  const sandbox = Object.freeze({
    fs: resolveFiles(given.fs, context),
    net: flag('net', true),
    exec: flag('exec', true),
    signals: flag('signals', true),
    fresh: flag('fresh', false),
  })
  if (!sandbox.fresh) return { sandbox }
  if (context.concurrency !== 1) throw invalidOption('concurrency', '1 with a fresh sandbox', context.concurrency)
  const { maxTasks = 1, spares = Math.min(context.maxWorkers, MAX_SPARES) } = options
  if (maxTasks !== 1) throw invalidOption('maxTasks', '1 with a fresh sandbox', maxTasks)
  return { sandbox, maxTasks, spares }
}

/** What the native pool is told. */
export function nativeSandbox({ sandbox: { fs, net, exec, signals } }: ResolvedSandboxOptions): NativeSandbox {
  return { files: fs && { read: [...fs.read], write: [...fs.write] }, net, exec, signals }
}

function resolveFiles(fs: SandboxOptions['fs'], context: SandboxContext): ResolvedSandboxOptions['sandbox']['fs'] {
  if (fs === undefined) return undefined
  if (fs === 'read-only') return Object.freeze({ read: Object.freeze(['/']), write: Object.freeze(SINKS) })
  if (typeof fs !== 'object' || fs === null) throw invalidOption('sandbox.fs', "'read-only', or { read, write }", fs)
  checkKeys('sandbox.fs', fs, FS_KEYS)
  const read = new Set([...SYSTEM, ...nodeFiles(), ...moduleFiles(context)].filter(existsSync))
  for (const path of paths('sandbox.fs.read', fs.read)) read.add(path)
  return Object.freeze({
    read: Object.freeze([...read]),
    write: Object.freeze([...SINKS, ...paths('sandbox.fs.write', fs.write)]),
  })
}

/** A path that is not there grants nothing, which would be found out too late. */
function paths(option: string, given: readonly (string | URL)[] | undefined): string[] {
  if (given === undefined) return []
  const expected = 'an array of paths or file: URLs of what is there'
  if (!Array.isArray(given)) throw invalidOption(option, expected, given)
  return given.map((item: unknown) => {
    try {
      const path = resolve(item instanceof URL ? fileURLToPath(item) : String(item))
      if ((typeof item === 'string' || item instanceof URL) && item !== '' && existsSync(path)) return path
    } catch {
      // A URL of something else.
    }
    throw invalidOption(option, expected, item)
  })
}

function nodeFiles(): string[] {
  return [realpathSync(execPath), packageRoot(), ...aboveOf(packageRoot())]
}

/** The folders of the modules that the pool names. */
function moduleFiles({ filename, preload }: SandboxContext): string[] {
  const files = [filename, ...preload].filter((url) => url?.startsWith('file:')).map((url) => fileURLToPath(url!))
  return files.flatMap((file) => {
    // As given, and as Node finds it.
    return [...new Set([dirname(file), dirname(realpathSync(file))])].flatMap((folder) => [folder, ...aboveOf(folder)])
  })
}

/** What Node looks for in a folder and all above it: packages, and whether modules are ES modules. */
function aboveOf(folder: string): string[] {
  const found = [join(folder, 'node_modules'), join(folder, 'package.json')]
  return folder === dirname(folder) ? found : [...found, ...aboveOf(dirname(folder))]
}
