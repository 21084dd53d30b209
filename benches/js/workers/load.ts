/** A heavy dependency for the measurements that want one: every worker has it loaded before its first task. */
import { createRequire } from 'node:module'
import process from 'node:process'

if (process.env.HATCHERY_BENCH_TYPESCRIPT === '1') createRequire(import.meta.url)('typescript')
