import process from 'node:process'
import { platformName } from '../../../native/platform.js'
import type { Check } from '../check.js'

/** The least version of Node. */
const LEAST = 20

/** Node, its flags, the addon. */
export function nodeChecks(): Check[] {
  return [version(), flags(), addon()]
}

function version(): Check {
  const major = Number(process.versions.node.split('.')[0])
  const base = {
    id: 'node',
    area: 'node',
    title: 'Node.js',
    found: `${process.version} (V8 ${process.versions.v8})`,
  } as const
  if (major < LEAST) {
    return { ...base, status: 'missing', means: 'Hatchery needs 20 or newer.', change: 'Install a newer Node.' }
  }
  return { ...base, status: 'ok', means: 'Hatchery runs on 20 and newer.' }
}

function flags(): Check {
  const given = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)].filter((flag) => flag !== '')
  return {
    id: 'node-flags',
    area: 'node',
    title: 'Flags of Node',
    status: 'ok',
    found: given.join(' ') || 'none',
    means: 'Workers run with the same ones, less what is the host’s alone (--inspect and the like). See `execArgv`.',
  }
}

function addon(): Check {
  const found = `hatchery-${platformName()}`
  const means = 'The native half of Hatchery, for this processor and C library.'
  return { id: 'addon', area: 'node', title: 'Native addon', status: 'ok', found, means }
}
