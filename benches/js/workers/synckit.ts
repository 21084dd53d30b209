/** The echo task as synckit's worker wants it. */
import { createRequire } from 'node:module'
import { echo } from './echo.js'

const { runAsWorker } = createRequire(import.meta.url)('synckit')
runAsWorker(echo)
