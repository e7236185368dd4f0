/** Pages set the custom properties, and reach what is inside by ::part(). */
export const elementStyles = `
:host {
  --accent: var(--rushes-accent, light-dark(#b3261e, #ff8a7a));
  --ink: var(--rushes-ink, light-dark(#1c1b1a, #f2efec));
  --soft: var(--rushes-soft, light-dark(#5c5855, #b8b2ac));
  --surface: var(--rushes-surface, light-dark(#ffffff, #211f1e));
  --line: var(--rushes-line, light-dark(#d9d4cf, #4a4644));
  color-scheme: light dark;
  display: block;
  container-type: inline-size;
  max-inline-size: 36rem;
  font: var(--rushes-font, 1rem/1.45 system-ui, sans-serif);
  color: var(--ink);
}
:host([hidden]) { display: none; }
* { box-sizing: border-box; }
.box {
  display: grid;
  gap: 0.875rem;
  padding: 1rem;
  background: var(--surface);
  border: 1px solid var(--line);
  border-radius: 0.75rem;
}
fieldset { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0; padding: 0; border: 0; }
legend { padding: 0; margin-block-end: 0.25rem; color: var(--soft); font-size: 0.875rem; }
label { display: inline-flex; align-items: center; gap: 0.5rem; min-block-size: 2.25rem; cursor: pointer; }
input { inline-size: 1.125rem; block-size: 1.125rem; accent-color: var(--accent); }
.row { display: flex; flex-wrap: wrap; align-items: center; gap: 0.5rem; }
button {
  font: inherit;
  font-weight: 600;
  min-block-size: 2.75rem;
  padding: 0.375rem 1.125rem;
  color: var(--ink);
  background: transparent;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  cursor: pointer;
}
button.main { color: var(--surface); background: var(--accent); border-color: var(--accent); }
button:hover { border-color: var(--ink); }
button:focus-visible, input:focus-visible, a:focus-visible, p:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button[aria-disabled=true] { opacity: 0.55; cursor: default; }
meter { inline-size: 8rem; block-size: 0.75rem; }
.time { font-variant-numeric: tabular-nums; font-weight: 600; }
p { margin: 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: 0.9375rem; }
/* Always there, so that what it comes to say is heard; no room for nothing. */
p[part=status]:empty { margin-block-start: -0.875rem; }
.fault { color: var(--accent); }
a { color: inherit; }
[hidden] { display: none !important; }
@container (max-width: 22rem) { .row button { flex: 1; } }
`
