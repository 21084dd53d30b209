/** The echo task as workerpool's workers, processes or threads, want it. */
import { createRequire } from 'node:module'
import { echo, hold } from './echo.js'

const { worker } = createRequire(import.meta.url)('workerpool')
worker({ echo, hold })
