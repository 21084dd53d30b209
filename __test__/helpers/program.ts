import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'

/**
 * Path of a program that a test needs, from a Debian package that `.ci/run` installs. A test without it fails, and says
 * what to do: it must not pass in silence.
 */
export function requireProgram(name: string, debianPackage: string): string {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not there.
    }
  }
  throw new Error(`this test runs ${name}, which is not installed: apt-get install ${debianPackage}`)
}
