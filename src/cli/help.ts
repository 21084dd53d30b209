import { type Command, type CommandOption, HELP } from './command.js'

/** The help of one command. */
export function commandHelp(command: Command): string {
  const options = Object.entries({ ...command.options, ...HELP }).map(([name, option]) => [
    flagOf(name, option),
    option.about,
  ])
  const parts = [`Usage: hatchery ${command.usage}`, command.about, `Options:\n${columns(options)}`]
  if (command.examples !== undefined) parts.push(`Examples:\n${command.examples.map((line) => `  ${line}`).join('\n')}`)
  return `${parts.join('\n\n')}\n`
}

/** Two columns. */
export function columns(rows: readonly (readonly string[])[]): string {
  const width = Math.max(...rows.map(([left]) => left!.length))
  return rows.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`).join('\n')
}

function flagOf(name: string, { short, type, value }: CommandOption): string {
  const flag = `${short === undefined ? '    ' : `-${short}, `}--${name}`
  return type === 'string' ? `${flag} ${value ?? 'VALUE'}` : flag
}
