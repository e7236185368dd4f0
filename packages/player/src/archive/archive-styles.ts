import { type CSSResult, css } from 'lit'

/** The player's custom properties, for what stands beside it. Light or dark as the page is: there is no ground below the title. */
const colours = css`
  :host {
    --accent: var(--rushes-player-accent, light-dark(oklch(0.55 0.13 50), oklch(0.78 0.13 55)));
    --surface: var(--rushes-player-surface, light-dark(oklch(0.985 0.005 75), oklch(0.25 0.012 60)));
    --text: var(--rushes-player-text, light-dark(oklch(0.25 0.015 60), oklch(0.94 0.008 75)));
    --muted: var(--rushes-player-muted, light-dark(oklch(0.45 0.02 60), oklch(0.75 0.015 70)));
    --line: var(--rushes-player-line, light-dark(oklch(0.85 0.012 70), oklch(0.4 0.015 60)));
    --radius: var(--rushes-player-radius, 12px);
    --stage: oklch(0.16 0.008 60);
    color: var(--text);
    font-family: var(--rushes-player-font, system-ui, sans-serif);
    font-size: 15px;
    line-height: 1.45;
  }
  :host([hidden]) { display: none; }
  * { box-sizing: border-box; }
  h2, h3, p, ol, figure { margin: 0; padding: 0; }
  ol { list-style: none; }
  button, select {
    min-height: 36px;
    padding: 6px 12px;
    border: 1px solid var(--line);
    border-radius: 8px;
    background: transparent;
    color: inherit;
    font: inherit;
    font-size: 14px;
    font-weight: 600;
    line-height: 1.3;
  }
  button { cursor: pointer; }
  button:hover { background: color-mix(in oklch, currentcolor 9%, transparent); }
  :is(button, select, .scroll):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
  @media (prefers-reduced-motion: reduce) { * { transition-duration: 0s !important; } }
`

export const panelStyles: CSSResult = css`
  ${colours}
  :host { display: block; min-width: 0; min-height: 0; }
  section, figure {
    display: flex;
    flex-direction: column;
    box-sizing: border-box;
    height: 100%;
    /* Where it is as high as what is in it, the page says how high at most. */
    max-height: inherit;
    overflow: hidden;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
  }
  .panel-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 12px;
    min-height: 48px;
    padding: 5px 8px 5px 14px;
    border-bottom: 1px solid var(--line);
  }
  h3 { margin-inline-end: auto; font-size: 15px; line-height: 1.3; }
  select { max-width: 14rem; background: var(--surface); font-weight: 500; }
  .scroll { position: relative; flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; padding: 6px; }
  .nothing { padding: 10px; color: var(--muted); text-wrap: balance; overflow-wrap: anywhere; }
  .loading { opacity: 0; animation: appear 0s 0.4s forwards; }
  @keyframes appear { to { opacity: 1; } }
  .time { color: var(--muted); font-size: 13px; font-weight: 500; font-variant-numeric: tabular-nums; }

  figure { background: var(--stage); }
  .frame { position: relative; flex: 1; display: grid; place-items: center; aspect-ratio: 16 / 9; min-height: 0; }
  .frame img { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; }
  .frame .nothing { max-width: 40ch; text-align: center; color: oklch(0.82 0.01 70); }
  figcaption {
    display: flex;
    align-items: center;
    gap: 8px;
    padding: 4px;
    border-top: 1px solid var(--line);
    background: var(--surface);
  }
  figcaption .name { flex: 1; min-width: 0; overflow: hidden; text-align: center; text-overflow: ellipsis; white-space: nowrap; }
  figcaption button { display: grid; place-items: center; width: 44px; min-height: 40px; padding: 0; border-color: transparent; }
  figcaption button[aria-disabled="true"] { opacity: 0.35; cursor: default; }
  figcaption svg { width: 22px; height: 22px; fill: none; stroke: currentcolor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }

  /* Of ten thousand cues only those near by are laid out; in blocks of 50, since each that is left out costs something at every frame. */
  .cues .block:not(:last-child) { content-visibility: auto; contain-intrinsic-size: auto 2200px; }
  .cue {
    display: grid;
    grid-template-columns: 3.6em 1fr;
    align-items: baseline;
    gap: 8px;
    width: 100%;
    padding: 7px 8px;
    border: 0;
    border-radius: 8px;
    font-size: 15px;
    font-weight: 400;
    line-height: 1.45;
    text-align: start;
  }
  .cue .time { text-align: end; }
  .cue .words { min-width: 0; overflow-wrap: anywhere; }
  .cue:focus-visible { outline-offset: -3px; }
  .cue[aria-current] { background: color-mix(in oklch, var(--accent) 20%, transparent); box-shadow: inset 3px 0 0 var(--accent); }
  .cue[aria-current] .time { color: inherit; }

  .message { padding: 7px 8px; overflow-wrap: anywhere; }
  .message .from { display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px 8px; font-size: 14px; }
  .message .text { white-space: pre-wrap; }
  .message .time { min-height: 24px; margin-inline-start: auto; padding: 0 6px; border: 0; }
  .message .time:hover { text-decoration: underline; }
  .kind { padding: 0 8px; border: 1px solid currentcolor; border-radius: 999px; font-size: 12px; font-weight: 600; }
  .question, .answer { border-inline-start: 3px solid var(--accent); padding-inline-start: 10px; margin-block: 4px; }
  .answer { margin-inline-start: 16px; }
  .more { width: 100%; }
`

export const archiveStyles: CSSResult = css`
  ${colours}
  :host { display: block; container-type: inline-size; }
  .head { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 16px; margin-block-end: 10px; }
  .names { flex: 1 1 16rem; min-width: 0; overflow-wrap: anywhere; }
  h2 { font-size: 19px; line-height: 1.3; text-wrap: balance; }
  .authors { color: var(--muted); font-size: 14px; }
  .toggles { display: flex; flex-wrap: wrap; gap: 6px; }
  .toggles button { color: var(--muted); border-style: dashed; }
  .toggles button[aria-pressed="true"] {
    border: 1px solid color-mix(in oklch, var(--text) 45%, transparent);
    background: color-mix(in oklch, var(--text) 11%, transparent);
    color: var(--text);
  }
  .notices { margin-block-end: 10px; padding: 8px 14px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); color: var(--muted); }
  .notices li { overflow-wrap: anywhere; }

  .stage, .main, .side { display: grid; grid-template-columns: minmax(0, 1fr); align-content: start; gap: 10px; }
  /* One below the other, each as high as what is in it: two lines of chat leave no hole. */
  .side > * { max-height: min(60vh, 26rem); }
  .main.bar rushes-archive-slides { order: -1; }
  /* Who reads below still sees it, where there is room for both. */
  @media (min-height: 600px) {
    /* A sticky item of a grid stays within its row. */
    .stage { display: flex; flex-direction: column; }
    .main { display: contents; }
    rushes-player { position: sticky; inset-block-start: 0; z-index: 1; }
    .bar rushes-player { inset-block: auto 0; }
  }
  @container (min-width: 840px) {
    .stage, .main { display: grid; }
    rushes-player { position: relative; }
    .pair .main { grid-template-columns: repeat(2, minmax(0, 1fr)); }
    .pair rushes-player { aspect-ratio: auto; }
    .pair .side:has(> :nth-child(2)) { grid-template-columns: repeat(2, minmax(0, 1fr)); }
    .side > * { max-height: none; }
    .pair .side > * { height: clamp(16rem, 38vh, 28rem); }
    .lone { grid-template-columns: minmax(0, 1fr) minmax(18rem, 26rem); }
    /* As high as what stands beside it, however long it is. */
    .lone .side { contain: size; min-height: 22rem; grid-auto-rows: minmax(0, 1fr); }
    .lone .side > * { height: auto; }
  }

  .word {
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 12px;
    min-height: 16rem;
    padding: 24px 16px;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    text-align: center;
  }
  .word p { max-width: 50ch; color: var(--muted); }
`
