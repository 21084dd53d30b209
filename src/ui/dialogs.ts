/** Questions to the user. */
import { element } from './dom.js'

interface Question {
  readonly title: string
  readonly body: string
  /** Of the button that does it. */
  readonly action: string
  readonly fields?: readonly HTMLElement[]
  /** Without one there is no way out. */
  readonly cancel?: boolean
  /** Does it; what it throws is shown, and the question stays. */
  readonly act: () => Promise<void> | void
}

/** Asks; fulfilled once the dialog is closed. */
export function ask({ title, body, action, fields = [], cancel = true, act }: Question): Promise<void> {
  const error = element('p', { class: 'error', role: 'alert' })
  const go = element('button', { class: 'main', type: 'submit' }, action)
  const leave = element('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel')
  const submit = async (event: Event) => {
    event.preventDefault()
    go.disabled = true
    error.textContent = ''
    try {
      await act()
      dialog.close()
    } catch (thrown) {
      error.textContent = thrown instanceof Error ? thrown.message : String(thrown)
    } finally {
      go.disabled = false
    }
  }
  const heading = element('h2', { id: 'dialog-title' }, title)
  const form = element(
    'form',
    { method: 'dialog', onsubmit: submit },
    element('div', {}, heading, element('p', {}, body)),
    fields.length > 0 && element('div', { class: fields.length > 1 ? 'fields' : '' }, ...fields),
    error,
    element('div', { class: 'actions' }, cancel && leave, go),
  )
  const dialog = element('dialog', { 'aria-labelledby': 'dialog-title' }, form)
  document.body.append(dialog)
  return new Promise((resolve) => {
    dialog.addEventListener('cancel', (event) => !cancel && event.preventDefault())
    dialog.addEventListener('close', () => {
      dialog.remove()
      resolve()
    })
    dialog.showModal()
    const first = form.querySelector('input')
    if (first === null) go.focus()
    else first.select()
  })
}

/** A field with its label. */
export function field(
  label: string,
  attributes: Readonly<Record<string, unknown>>,
): [HTMLLabelElement, HTMLInputElement] {
  const input = element('input', { autocomplete: 'off', ...attributes })
  return [element('label', {}, label, input), input]
}
