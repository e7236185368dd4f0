import { html, type SVGTemplateResult, svg, type TemplateResult } from 'lit'

const icon = (drawing: SVGTemplateResult, viewBox = '0 0 24 24'): TemplateResult =>
  html`<svg viewBox=${viewBox} aria-hidden="true" focusable="false">${drawing}</svg>`

export const brandMark: TemplateResult = html`<svg viewBox="0 0 32 32" aria-hidden="true" focusable="false">
  <rect width="32" height="32" rx="8" fill="oklch(0.28 0.02 50)" />
  <g fill="oklch(0.95 0.012 80)">
    <rect x="4" y="5" width="4" height="4" rx="1" /><rect x="4" y="14" width="4" height="4" rx="1" />
    <rect x="4" y="23" width="4" height="4" rx="1" /><rect x="24" y="5" width="4" height="4" rx="1" />
    <rect x="24" y="14" width="4" height="4" rx="1" /><rect x="24" y="23" width="4" height="4" rx="1" />
  </g>
  <circle cx="16" cy="16" r="6.5" fill="oklch(0.63 0.19 30)" />
</svg>`

export const screenIcon: TemplateResult = icon(
  svg`<rect x="3" y="4" width="18" height="12.5" rx="2" /><path d="M8.5 20.5h7M12 16.5v4" />`,
)
export const screenCameraIcon: TemplateResult = icon(
  svg`<path d="M21 11V6a2 2 0 0 0-2-2H5a2 2 0 0 0-2 2v8.500a2 2 0 0 0 2 2h5" /><circle cx="16.500" cy="16" r="5" /><circle cx="16.500" cy="14.800" r="1.500" /><path d="M13.500 19.400c1-2.300 5-2.300 6 0" />`,
)
export const cameraIcon: TemplateResult = icon(
  svg`<rect x="2.500" y="6" width="13" height="12" rx="2.500" /><path d="M15.500 11l6-3.500v9l-6-3.500" />`,
)
export const pageIcon: TemplateResult = icon(
  svg`<rect x="3" y="4" width="18" height="15" rx="2" /><path d="M7 14.500c2-5 3.500-5 4.500-2s2.500 2 5.500-3" />`,
)
export const copyIcon: TemplateResult = icon(
  svg`<path d="M8 3h10a2 2 0 0 1 2 2v11h-2V5H8zM4 7h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zm2 2v10h8V9z" />`,
)
export const downloadIcon: TemplateResult = icon(
  svg`<path d="M11 4h2v8.200l3.100-3.100 1.400 1.400-5.500 5.500-5.500-5.500 1.400-1.400 3.100 3.100zM5 18h14v2H5z" />`,
)
export const pauseIcon: TemplateResult = icon(svg`<path d="M7 5h3.500v14H7zM13.500 5H17v14h-3.500z" />`)
export const resumeIcon: TemplateResult = icon(svg`<circle cx="12" cy="12" r="7" />`)
