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

/** Those with which a zygote cannot be forked, or that workers do not get. */
const UNFORKABLE = /^--(inspect|debug|cpu-prof|heap-prof|prof|trace-event|experimental-permission|permission)/

function flags(): Check {
  const given = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/)].filter((flag) => flag !== '')
  const base = { id: 'node-flags', area: 'node', title: 'Flags of Node', found: given.join(' ') || 'none' } as const
  const odd = given.filter((flag) => UNFORKABLE.test(flag))
  if (odd.length === 0) return { ...base, status: 'ok', means: 'Workers run with the same ones.' }
  return {
    ...base,
    status: 'degraded',
    means: `With ${odd.join(', ')} Node has threads or files that a fork does not get, or forbids what a pool needs.`,
    change: 'Leave them out in production; the option `execArgv` gives zygote and workers other flags than the host.',
  }
}

function addon(): Check {
  const found = `hatchery-${platformName()}`
  const means = 'The native half of Hatchery, for this processor and C library.'
  return { id: 'addon', area: 'node', title: 'Native addon', status: 'ok', found, means }
}
