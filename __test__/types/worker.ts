/** A worker module for the type tests: one export of each kind. It is never run. */
export interface Size {
  width: number
  height?: number
}

export default function echo(value: string): string {
  return value
}

export function resize(image: Uint8Array, size: Size): number {
  return image.length * size.width
}

export async function load(path: string, ...more: string[]): Promise<{ path: string; size: number }> {
  return { path, size: more.length }
}

export function nothing(): void {}

export async function first<T>(items: T[]): Promise<T | undefined> {
  return items[0]
}

export function parse(text: string, optional?: boolean): Promise<number> | string {
  return optional === true ? text : Promise.resolve(1)
}

export async function overloaded(value: string): Promise<string>
export async function overloaded(value: number): Promise<number>
export async function overloaded(value: string | number): Promise<string | number> {
  return value
}

export async function* lines(path: string): AsyncGenerator<string, number> {
  yield path
  return 1
}

export function* counts(limit: number): Generator<number, void> {
  yield limit
}

export async function opened(path: string): Promise<AsyncIterable<Uint8Array>> {
  return { [Symbol.asyncIterator]: () => [new Uint8Array(path.length)].values() as never }
}

export function names(): string[] {
  return []
}

export async function total(items: AsyncIterable<number>, factor: number): Promise<number> {
  let sum = 0
  for await (const item of items) sum += item * factor
  return sum
}

export function fails(): never {
  throw new Error()
}

/** No function: not a task. */
export const version = '1.0.0'
export class Helper {}
