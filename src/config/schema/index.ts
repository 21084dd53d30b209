/** The one description of a configuration file. The JSON Schema, its validator and the tables in the docs come from it. */
import { section, text } from './kinds.js'
import { logging } from './logging.js'
import { monitoring } from './monitoring.js'
import type { SchemaNode } from './node.js'
import { pool } from './pool.js'
import { service } from './service.js'

/** Names of the sections. */
export const SECTIONS = ['pool', 'logging', 'monitoring', 'service'] as const
export type SectionName = (typeof SECTIONS)[number]

export const sections = { pool, logging, monitoring, service } satisfies Record<SectionName, SchemaNode>

export const root = section(
  {
    $schema: text({ description: 'Where editors find the schema of this file.' }),
    ...sections,
  },
  { title: 'Hatchery', description: 'Configuration of a Hatchery pool and its daemon.' },
)
