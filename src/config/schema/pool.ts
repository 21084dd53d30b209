/** The section `pool`: every option of a pool that can be written down, and simpler words for how many workers. */
import { section } from './kinds.js'
import { code } from './pool/code.js'
import { failures } from './pool/failures.js'
import { limits } from './pool/limits.js'
import { tasks } from './pool/tasks.js'
import { workers } from './pool/workers.js'

export const pool = section(
  { ...workers, ...code, ...tasks, ...failures, ...limits },
  { title: 'Pool', description: 'The pool: how many workers, what they run, and within which limits.' },
)
