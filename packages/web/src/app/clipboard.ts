import { toast } from './toasts.ts'

/**
 * Copies `text` and says so. The clipboard interface needs a secure context and a recent gesture; the older way, a
 * selected field and `execCommand`, works on plain HTTP too. Answers whether one of them did.
 */
export async function copyText(text: string, what: string): Promise<boolean> {
  const done = (await copyModern(text)) || copySelected(text)
  toast(done ? `${what} is copied.` : `Your browser did not allow copying. Select the text and copy it by hand.`)
  return done
}

/**
 * Copies a text that is still on its way. The clipboard is asked now, within the click; a ClipboardItem may take its
 * content later (Clipboard API §6.1). Answers whether it was copied; says nothing.
 */
export async function copyLater(text: Promise<string>): Promise<boolean> {
  try {
    const content = text.then((words) => new Blob([words], { type: 'text/plain' }))
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': content })])
    return true
  } catch {
    try {
      const words = await text
      return (await copyModern(words)) || copySelected(words)
    } catch {
      return false // the text never came; whoever waits for it knows
    }
  }
}

async function copyModern(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}

function copySelected(text: string): boolean {
  const field = document.createElement('textarea')
  field.value = text
  field.className = 'visually-hidden'
  field.readOnly = true
  const before = document.activeElement
  ;(document.querySelector('dialog[open]') ?? document.body).append(field)
  field.select()
  let done = false
  try {
    done = document.execCommand('copy')
  } catch {
    done = false
  }
  field.remove()
  if (before instanceof HTMLElement) before.focus({ preventScroll: true })
  return done
}
