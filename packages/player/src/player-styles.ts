import { type CSSResult, css } from 'lit'

/**
 * Custom properties: `--rushes-player-accent` (seek bar, focus), `--rushes-player-radius`, `--rushes-player-surface`,
 * `--rushes-player-text`, `--rushes-player-muted`, `--rushes-player-line` (messages and lists), `--rushes-player-font`.
 */
export const playerStyles: CSSResult = css`
  :host {
    --accent: var(--rushes-player-accent, oklch(0.78 0.13 55));
    --surface: var(--rushes-player-surface, light-dark(oklch(0.98 0.006 75), oklch(0.25 0.012 60)));
    --text: var(--rushes-player-text, light-dark(oklch(0.25 0.015 60), oklch(0.94 0.008 75)));
    --muted: var(--rushes-player-muted, light-dark(oklch(0.45 0.02 60), oklch(0.75 0.015 70)));
    --line: var(--rushes-player-line, light-dark(oklch(0.85 0.012 70), oklch(0.4 0.015 60)));
    color-scheme: light dark;
    display: block;
    position: relative;
    aspect-ratio: 16 / 9;
    border-radius: var(--rushes-player-radius, 12px);
    overflow: hidden;
    background: oklch(0.16 0.008 60);
    font-family: var(--rushes-player-font, system-ui, sans-serif);
  }
  :host([hidden]) { display: none; }
  /* What a phone recorded upright, on a phone that is held upright. */
  @media (max-width: 560px) {
    :host([upright]) { aspect-ratio: 3 / 4; }
  }
  /* Without a picture it is as high as its bars, and what has no room in it stands above them. */
  :host(:is([audio], [duration])) { aspect-ratio: auto; overflow: visible; background: none; }

  media-controller {
    display: block;
    width: 100%;
    height: 100%;
    --media-background-color: transparent;
    --media-control-background: transparent;
    --media-control-hover-background: oklch(1 0 0 / 0.14);
    --media-primary-color: oklch(0.99 0 0);
    --media-secondary-color: oklch(0.2 0.01 60 / 0.92);
    --media-menu-background: oklch(0.2 0.01 60 / 0.96);
    --media-menu-border-radius: 10px;
    --media-font-family: inherit;
    --media-font-size: 14px;
    --media-font-weight: 500;
    --media-focus-box-shadow: inset 0 0 0 2.5px var(--accent);
    --media-range-bar-color: var(--accent);
    --media-range-track-height: 4px;
    --media-range-track-border-radius: 2px;
    --media-range-thumb-background: oklch(0.99 0 0);
    --media-range-track-background: oklch(1 0 0 / 0.28);
    --media-time-range-buffered-color: oklch(1 0 0 / 0.35);
    --media-preview-time-text-shadow: none;
    --media-tooltip-background-color: oklch(0.2 0.01 60 / 0.95);
    --media-loading-indicator-icon-height: 72px;
  }
  video { object-fit: contain; outline-offset: -3px; }
  video:focus-visible { outline: 3px solid var(--accent); }

  .seek { width: 100%; height: 28px; padding: 0 14px; box-sizing: border-box; }
  .seek-row { position: relative; }
  .marks {
    position: absolute;
    inset: 8px 14px;
    width: calc(100% - 28px);
    height: 12px;
    overflow: visible;
    pointer-events: none;
  }
  .marks line { stroke: oklch(0.87 0.17 90); stroke-width: 4px; vector-effect: non-scaling-stroke; }
  .marks .mark-question { stroke: oklch(0.82 0.12 235); }
  media-controller .overlay { position: absolute; inset: 0; pointer-events: none; }
  .bars {
    position: relative;
    width: 100%;
    padding-top: 48px;
    background: linear-gradient(to top, oklch(0.1 0.005 60 / 0.82), oklch(0.1 0.005 60 / 0.5) 55%, transparent);
  }
  media-control-bar { width: 100%; padding: 0 6px 4px; box-sizing: border-box; }
  media-play-button, media-mute-button, media-captions-button, media-pip-button, media-fullscreen-button,
  rushes-speed-button { border-radius: 8px; }
  media-volume-range { width: 84px; }
  media-time-display { padding-inline: 8px; font-variant-numeric: tabular-nums; }
  .gap { flex: 1; }
  .live {
    display: inline-flex;
    align-items: center;
    gap: 7px;
    padding: 4px 10px;
    border: 0;
    border-radius: 8px;
    color: oklch(0.99 0 0);
    font-size: 14px;
    font-variant-numeric: tabular-nums;
    white-space: nowrap;
  }
  .live:hover { background: oklch(1 0 0 / 0.14); }
  .live:focus-visible { outline: 0; box-shadow: inset 0 0 0 2.5px var(--accent); }
  .live::before {
    content: "";
    flex: none;
    width: 9px;
    height: 9px;
    border-radius: 50%;
    background: oklch(0.75 0.01 60);
  }
  .live .lead { text-decoration: underline; text-underline-offset: 3px; text-decoration-color: oklch(1 0 0 / 0.5); }
  /* For those who hear it, it is a name. */
  media-controller:not([breakpointsm]) .live .lead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .live.now::before { background: oklch(0.66 0.21 28); }
  media-captions-button:not([mediasubtitleslist]) { display: none; }
  media-playback-rate-menu { max-height: 60%; }
  /* A phone's width: volume is on its own keys, and the four buttons need the room. */
  media-controller:not([breakpointsm]) media-volume-range { display: none; }
  media-controller:not([breakpointsm]) media-time-display { padding-inline: 2px; }
  media-controller:not([breakpointsm]) media-control-bar:has(.live) media-time-display { display: none; }

  .big-play {
    position: absolute;
    inset: 0;
    margin: auto;
    display: grid;
    place-items: center;
    width: 76px;
    height: 76px;
    border-radius: 50%;
    background: oklch(0.2 0.01 60 / 0.78);
  }
  .big-play svg { width: 42px; height: 42px; margin-inline-start: 4px; fill: oklch(0.99 0 0); }
  media-controller .big-play { pointer-events: none; }
  media-controller:not([breakpointsm]) .big-play { width: 52px; height: 52px; inset-block-end: 40px; }
  media-controller:not([breakpointsm]) .big-play svg { width: 30px; height: 30px; margin-inline-start: 3px; }
  media-controller:not([breakpointsm]) .bars { padding-top: 12px; }
  media-controller:not([mediapaused]) .big-play, media-controller[mediahasplayed] .big-play { display: none; }

  media-controller[audio] { height: auto; overflow: visible; border-radius: var(--rushes-player-radius, 12px); background: oklch(0.16 0.008 60); }
  media-controller[audio] .bars { padding-top: 6px; background: none; }
  media-controller[audio] :is(.big-play, .overlay, media-loading-indicator) { display: none; }
  media-controller[audio] :is(media-playback-rate-menu, .hint, .resumed) { position: absolute; inset-block: auto calc(100% + 6px); }
  media-controller[audio] media-playback-rate-menu { inset-inline: auto 6px; max-height: 280px; }
  media-controller[audio] :is(media-captions-button, media-pip-button, media-fullscreen-button),
  .clock :is(media-mute-button, media-volume-range) { display: none; }

  .hint {
    position: absolute;
    inset-block-start: 14%;
    inset-inline: 0;
    margin-inline: auto;
    width: max-content;
    padding: 8px 16px;
    border-radius: 999px;
    background: oklch(0.2 0.01 60 / 0.88);
    color: oklch(0.99 0 0);
    font-size: 16px;
    font-weight: 600;
    line-height: 1.3;
    pointer-events: none;
    opacity: 0;
    transition: opacity 0.2s;
  }
  .hint.shown { opacity: 1; }

  .resumed {
    position: absolute;
    inset-block-start: 12px;
    inset-inline-start: 12px;
    display: flex;
    align-items: center;
    gap: 12px;
    padding: 6px 6px 6px 14px;
    border-radius: 10px;
    background: oklch(0.2 0.01 60 / 0.92);
    color: oklch(0.99 0 0);
    font-size: 14px;
    line-height: 1.3;
  }

  button, .button {
    font: inherit;
    font-weight: 600;
    line-height: 1.3;
    padding: 9px 16px;
    border: 1px solid var(--line);
    border-radius: 8px;
    background: transparent;
    color: inherit;
    text-decoration: none;
    cursor: pointer;
  }
  .resumed button { padding: 6px 12px; border-color: oklch(1 0 0 / 0.4); }
  button:hover, .button:hover { background: color-mix(in oklch, currentcolor 10%, transparent); }
  :is(button, .button):focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }

  .problem {
    position: absolute;
    inset: 0;
    z-index: 2;
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 12px;
    padding: 16px;
    overflow: auto;
    text-align: center;
    background: var(--surface);
    color: var(--text);
    line-height: 1.45;
  }
  .problem h2 { margin: 0; font-size: 18px; line-height: 1.3; text-wrap: balance; }
  .problem p { margin: 0; max-width: 46ch; color: var(--muted); font-size: 15px; }
  .problem .actions { display: flex; flex-wrap: wrap; justify-content: center; gap: 8px; }

  dialog {
    box-sizing: border-box;
    width: min(30rem, calc(100vw - 32px));
    max-height: calc(100vh - 32px);
    padding: 22px 24px;
    border: 1px solid var(--line);
    border-radius: 14px;
    background: var(--surface);
    color: var(--text);
    line-height: 1.4;
  }
  dialog::backdrop { background: oklch(0.1 0.01 60 / 0.55); }
  .dialog-head { display: flex; justify-content: space-between; align-items: center; gap: 16px; margin-bottom: 14px; }
  dialog h2 { margin: 0; font-size: 18px; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 8px 18px; margin: 0; font-size: 15px; }
  dt { text-align: end; }
  dd { margin: 0; }
  kbd {
    display: inline-block;
    min-width: 1.2em;
    padding: 1px 7px;
    border: 1px solid var(--line);
    border-bottom-width: 2px;
    border-radius: 6px;
    font: 600 13px/1.5 ui-monospace, monospace;
    text-align: center;
  }
  @media (prefers-reduced-motion: reduce) {
    * { transition-duration: 0s !important; }
  }
`
