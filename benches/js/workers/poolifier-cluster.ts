/**
 * The echo task as poolifier's process workers want it. Bundled as CommonJS: a cluster's worker that is an ES module
 * misses the messages sent before its import has ended.
 */
import { createRequire } from 'node:module'
import { echo, hold } from './echo.js'

const { ClusterWorker } = createRequire(import.meta.url)('poolifier')
new ClusterWorker({ echo, hold })
