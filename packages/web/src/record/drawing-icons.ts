import { html, type SVGTemplateResult, svg, type TemplateResult } from 'lit'

const icon = (drawing: SVGTemplateResult): TemplateResult =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">${drawing}</svg>`

export const penIcon: TemplateResult = icon(
  svg`<path d="M4 20l1.2-4.600L16.500 4.100l3.400 3.400L8.600 18.800zM14 6.600l3.400 3.400" />`,
)
export const lineIcon: TemplateResult = icon(svg`<path d="M5 19L19 5" />`)
export const arrowIcon: TemplateResult = icon(svg`<path d="M5 19L19 5M10.500 5H19v8.500" />`)
export const rectangleIcon: TemplateResult = icon(svg`<rect x="4" y="6" width="16" height="12" />`)
export const ellipseIcon: TemplateResult = icon(svg`<ellipse cx="12" cy="12" rx="8.500" ry="6.500" />`)
export const noteIcon: TemplateResult = icon(svg`<path d="M5 8V5h14v3M12 5v14M9 19h6" />`)
export const spotlightIcon: TemplateResult = icon(
  svg`<circle cx="12" cy="12" r="4" /><path d="M12 3v2.500M12 18.500V21M3 12h2.500M18.500 12H21M5.600 5.600l1.800 1.800M16.600 16.600l1.800 1.800M18.400 5.600l-1.800 1.800M7.400 16.600l-1.800 1.800" />`,
)
export const blurIcon: TemplateResult = icon(
  svg`<path d="M4 4h4v4H4zM12 4h4v4h-4zM8 8h4v4H8zM16 8h4v4h-4zM4 12h4v4H4zM12 12h4v4h-4zM8 16h4v4H8zM16 16h4v4h-4z" />`,
)
export const laserIcon: TemplateResult = icon(
  svg`<circle cx="8" cy="8" r="2.500" /><path d="M8 2.500V4M8 12v1.500M2.500 8H4M12 8h1.500M11 11l9 9" />`,
)
export const eraserIcon: TemplateResult = icon(
  svg`<path d="M8.500 19.500h11M4 14.500L13.500 5l6 6-8.500 8.500H8.500zM9 9.500l6 6" />`,
)
export const undoIcon: TemplateResult = icon(svg`<path d="M8 5L4 9l4 4M4 9h10a5.500 5.500 0 0 1 0 11h-4" />`)
export const redoIcon: TemplateResult = icon(svg`<path d="M16 5l4 4-4 4M20 9H10a5.500 5.500 0 0 0 0 11h4" />`)
export const clearIcon: TemplateResult = icon(
  svg`<path d="M5 7h14M9.500 7V4.500h5V7M7 7l.8 12.500h8.400L17 7M10.500 11v5M13.500 11v5" />`,
)
