import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type AxeViolation = { id: string; impact: string; nodes: { html: string }[] }

const colourRules = ['color-contrast', 'link-in-text-block']

/**
 * Serious and critical violations that axe finds on the page as it stands.
 *
 * @param coloursAlone where all the rest was looked at already, and only the colours are others
 */
export async function seriousFaults(page: Page, coloursAlone = false): Promise<string[]> {
  // evaluate() is not subject to the page's policy, a script element would be.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource)
  return page.evaluate(
    async (runOnly) => {
      type Axe = { run(options: object): Promise<{ violations: AxeViolation[] }> }
      const { axe } = globalThis as unknown as { axe: Axe }
      const { violations } = await axe.run({ resultTypes: ['violations'], ...(runOnly !== null && { runOnly }) })
      return violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`)
    },
    coloursAlone ? colourRules : null,
  )
}
