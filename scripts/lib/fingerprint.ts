/**
 * Whether a build step is up to date: its inputs are hashed by content, because a git checkout changes times but not
 * contents, and the hash of the last success is kept in .build/stamps/.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles } from './files.js'

const stampFolder = join('.build', 'stamps')

export interface StepInputs {
  /** Files, or folders walked to the bottom. */
  paths: readonly string[]
  /** Which files of those folders count. */
  match?: RegExp
  /** Anything else that the output depends on: flags, versions. */
  extra?: readonly string[]
}

export function fingerprint(inputs: StepInputs): string {
  const hash = createHash('sha256')
  for (const path of listFiles(inputs.paths, inputs.match).sort())
    hash.update(path).update('\0').update(readFileSync(path))
  for (const value of inputs.extra ?? []) hash.update('\0').update(value)
  return hash.digest('hex')
}

/** Runs `work` unless the inputs are those of its last success and `outputs` are all there. */
export async function step(
  name: string,
  inputs: StepInputs,
  outputs: readonly string[],
  work: () => Promise<void>,
): Promise<'built' | 'fresh'> {
  const stamp = join(stampFolder, name)
  const print = fingerprint(inputs)
  const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === print && outputs.every((path) => existsSync(path))
  if (fresh) return 'fresh'
  await work()
  mkdirSync(stampFolder, { recursive: true })
  writeFileSync(stamp, print)
  return 'built'
}
