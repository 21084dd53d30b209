/** Making elements. Text only ever becomes text: nothing in the page is parsed as HTML. */

type Child = Node | string | undefined | false

/** An element; `on…` are listeners, `class` its classes, all else attributes. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, unknown>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    if (typeof value === 'function') made.addEventListener(key.slice(2), value as EventListener)
    else made.setAttribute(key, value === true ? '' : String(value))
  }
  for (const child of children) if (child !== undefined && child !== false) made.append(child)
  return made
}

/** The element of the page with this id. */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`The page has no element "${id}".`)
  return found as Type
}

/** Sets a text, if it is another one: what does not change stays selected. */
export function setText(target: Element, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** What a style sheet says of the colours of this moment. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

/** Calls back when the system changes between light and dark. */
export function onScheme(listener: () => void): void {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', listener)
}
