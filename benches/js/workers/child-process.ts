/** The echo task for a process started by child_process.fork: answers each message. */
import process from 'node:process'
import either from './echo.js'

process.on('message', async (input) => {
  process.send!(await either(input))
})
