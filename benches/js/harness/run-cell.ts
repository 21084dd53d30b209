/** Starts cell.js for one pool and one measurement, and reads its numbers. */
import { spawn } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { MeasurementName } from '../measure/index.js'
import type { Effort, Numbers } from './measurement.js'

const program = fileURLToPath(new URL('../cell.js', import.meta.url))
const timeLimit = 120_000

export interface Cell {
  round: number
  peer: string
  measurement: MeasurementName
  /** Where the measurement is a point of a curve. */
  point: number | undefined
}

export interface CellOutcome {
  numbers: Numbers
  failure?: string
  /** Why there is nothing to measure. */
  skipped?: string
}

export function describe({ peer, measurement, point }: Cell): string {
  return point === undefined ? `${measurement}, ${peer}` : `${measurement} ${point}, ${peer}`
}

export function runCell(cell: Cell, effort: Effort): Promise<CellOutcome> {
  const { peer, measurement, point } = cell
  return new Promise((resolve) => {
    // A process group of its own, so that whatever the pool left running ends with it.
    const child = spawn(process.execPath, [program, peer, measurement, JSON.stringify(effort), `${point ?? ''}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
      // Where it is set, Node 20 reads these certificates whenever a process starts, which doubles the time of each.
      env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined },
      detached: true,
    })
    let stdout = ''
    let stderr = ''
    child.stdout.on('data', (chunk) => {
      stdout += chunk
    })
    child.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    const killGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // Nothing of the group is left, as it should be.
      }
    }
    const timer = setTimeout(killGroup, timeLimit)
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      killGroup()
      const line = stdout.trim().split('\n').at(-1) ?? ''
      if (code === 0 && line.startsWith('{')) {
        resolve({ numbers: {}, ...(JSON.parse(line) as Partial<CellOutcome>) })
      } else {
        const end = stderr.trim().split('\n').slice(-12).join('\n')
        resolve({ numbers: {}, failure: `${describe(cell)}: ${signal ?? `exit code ${code}`}\n${end}` })
      }
    })
  })
}
