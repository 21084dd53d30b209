import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Config, type ConfigError, loadConfig } from 'hatchery/config'

/** A folder for configuration files. */
export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'hatchery-config-'))

  write(name: string, content: unknown): string {
    const file = join(this.path, name)
    writeFileSync(
      file,
      typeof content === 'string' || Buffer.isBuffer(content) ? content : JSON.stringify(content, undefined, 2),
    )
    return file
  }

  /** Loads a file with this content, without the environment of the tests. */
  load(content: unknown, env: Record<string, string> = {}): Config {
    return loadConfig(this.write('pool.json', content), { env })
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** What loading throws. */
export function problemsOf(load: () => Config): ConfigError {
  try {
    load()
  } catch (error) {
    if ((error as ConfigError).code !== 'ERR_HATCHERY_INVALID_CONFIG') throw error
    return error as ConfigError
  }
  throw new Error('the configuration was found good')
}

/** Paths and messages of what it throws. */
export function linesOf(load: () => Config): string[] {
  return problemsOf(load).problems.map(({ path, message }) => `${path}: ${message}`)
}
