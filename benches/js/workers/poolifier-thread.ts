/** The echo task as poolifier's thread workers want it, bundled as CommonJS as its sibling for clusters is. */
import { createRequire } from 'node:module'
import { echo, hold } from './echo.js'

const { ThreadWorker } = createRequire(import.meta.url)('poolifier')
new ThreadWorker({ echo, hold })
