import { readFileSync } from 'node:fs'
import process from 'node:process'
import { loadNative, type MachineProbe, type NativeBinding } from '../../native/index.js'
import { FAILED, OK } from '../exit-codes.js'
import type { Check, Machine } from './check.js'
import { kernelChecks } from './checks/kernel.js'
import { limitChecks } from './checks/limits.js'
import { nodeChecks } from './checks/node.js'
import { poolChecks } from './checks/pool.js'
import { sandboxChecks } from './checks/sandbox.js'
import { reportText } from './report.js'

/** Looks at everything, and tells; the exit code. */
export async function runDoctor({ json, all }: { json: boolean; all: boolean }): Promise<number> {
  const checks = await examine()
  const runs = checks.every(({ status }) => status !== 'missing')
  console.log(json ? JSON.stringify({ ok: runs, checks }, undefined, 2) : reportText(checks, process.stdout, all))
  return runs ? OK : FAILED
}

/** All checks. Without the addon there is but one. */
async function examine(): Promise<Check[]> {
  let native: NativeBinding
  try {
    native = loadNative()
  } catch (error) {
    return [
      {
        id: 'addon',
        area: 'node',
        title: 'Native addon',
        status: 'missing',
        found: (error as Error).message,
        means: 'Nothing works without it.',
        change: 'Install the package named here, or build it: npm run build:native in a clone of the repository.',
      },
    ]
  }
  const machine: Machine = { probe: JSON.parse(native.probeMachine()) as MachineProbe, read }
  return [
    ...nodeChecks(),
    ...(await poolChecks()),
    ...kernelChecks(machine),
    ...sandboxChecks(machine),
    ...limitChecks(machine),
  ]
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
