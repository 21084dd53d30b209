/** Every pool measured, Hatchery first. */
import type { Peer } from '../harness/adapter.js'
import { childProcessFork } from './child-process.js'
import { hatcheryFork, hatcherySpawn } from './hatchery.js'
import { jestWorkerProcess, jestWorkerThread } from './jest-worker.js'
import { piscinaDefault, piscinaTuned } from './piscina.js'
import { poolifierCluster, poolifierThread } from './poolifier.js'
import { makeSynchronous, synckit } from './sync.js'
import { tinypoolProcess, tinypoolProcessTuned, tinypoolThread, tinypoolThreadTuned } from './tinypool.js'
import { workerpoolProcess, workerpoolThread } from './workerpool.js'

export const peers: readonly Peer[] = [
  hatcheryFork,
  hatcherySpawn,
  piscinaDefault,
  piscinaTuned,
  tinypoolProcess,
  tinypoolProcessTuned,
  tinypoolThread,
  tinypoolThreadTuned,
  workerpoolProcess,
  workerpoolThread,
  poolifierCluster,
  poolifierThread,
  jestWorkerProcess,
  jestWorkerThread,
  childProcessFork,
  synckit,
  makeSynchronous,
]
