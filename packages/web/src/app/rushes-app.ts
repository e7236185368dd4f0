import type { SessionView } from '@rushes/protocol'
import { html, nothing, type PropertyDeclarations, type TemplateResult } from 'lit'
import { brandMark } from '../design/icons.ts'
import { liveChip, onLiveChip } from '../record/live-chip.ts'
import { faultWords } from './fault-words.ts'
import { followLinks, goTo, onNavigation } from './navigation.ts'
import { PageElement } from './page-element.ts'
import { needsAccount, type Route, routeOf } from './routes.ts'
import { onSession, session } from './session.ts'
import { toast } from './toasts.ts'

type AppState = { state: 'asking' } | { state: 'unreachable'; words: string } | { state: 'ready'; session: SessionView }

const titles: Record<Route['page'], string> = {
  home: 'Rushes',
  login: 'Sign in',
  setup: 'Set up',
  record: 'Record',
  library: 'Library',
  encoders: 'Encoders',
  jobs: 'Jobs',
  job: 'Job',
  convert: 'Convert',
  import: 'Conversion',
  settings: 'Settings',
  inspect: 'Look inside a file',
  shared: 'Rushes',
  watch: 'Rushes',
  'not-found': 'Not found',
}

/** Pages are loaded when they are first shown: a viewer of a link need not fetch the recorder. */
const loaders: Record<Route['page'], () => Promise<unknown>> = {
  home: () => import('../record/record-page.ts'),
  record: () => import('../record/record-page.ts'),
  login: () => Promise.all([import('../pages/login-page.ts'), import('../record/restore-panel.ts')]),
  setup: () => import('../pages/setup-page.ts'),
  library: () => import('../pages/library-page.ts'),
  encoders: () => import('../encoders/encoders-page.ts'),
  jobs: () => import('../jobs/jobs-page.ts'),
  job: () => import('../jobs/job-page.ts'),
  convert: () => import('../convert/convert-page.ts'),
  import: () => import('../convert/import-page.ts'),
  settings: () => import('../pages/settings-page.ts'),
  inspect: () => import('../inspect/inspect-page.ts'),
  shared: () => import('../pages/watch-page.ts'),
  watch: () => import('../pages/watch-page.ts'),
  'not-found': () => import('../pages/not-found-page.ts'),
}

const pages: { [Page in Route['page']]: (route: Extract<Route, { page: Page }>) => TemplateResult } = {
  home: () => html`<rushes-record-page></rushes-record-page>`,
  record: () => html`<rushes-record-page></rushes-record-page>`,
  login: ({ next }) => html`<rushes-login-page .next=${next}></rushes-login-page>`,
  setup: ({ token }) => html`<rushes-setup-page .token=${token}></rushes-setup-page>`,
  library: () => html`<rushes-library-page></rushes-library-page>`,
  encoders: () => html`<rushes-encoders-page></rushes-encoders-page>`,
  jobs: () => html`<rushes-jobs-page></rushes-jobs-page>`,
  job: ({ jobId }) => html`<rushes-job-page .jobId=${jobId}></rushes-job-page>`,
  convert: () => html`<rushes-convert-page></rushes-convert-page>`,
  import: ({ importId }) => html`<rushes-import-page .importId=${importId}></rushes-import-page>`,
  settings: () => html`<rushes-settings-page></rushes-settings-page>`,
  inspect: ({ file }) => html`<rushes-inspect-page .start=${file}></rushes-inspect-page>`,
  shared: ({ shareId, start }) => html`<rushes-watch-page .shareId=${shareId} .start=${start}></rushes-watch-page>`,
  watch: ({ recordingId, start }) =>
    html`<rushes-watch-page .recordingId=${recordingId} .start=${start}></rushes-watch-page>`,
  'not-found': () => html`<rushes-not-found-page></rushes-not-found-page>`,
}

/** The frame around every page: where one is, who one is, and what is being recorded meanwhile. */
export class RushesApp extends PageElement {
  static override properties: PropertyDeclarations = { route: { state: true }, app: { state: true } }
  declare private route: Route
  declare private app: AppState
  #ends: (() => void)[] = []

  constructor() {
    super()
    this.route = routeOf(location)
    this.app = { state: 'asking' }
  }

  override connectedCallback(): void {
    super.connectedCallback()
    followLinks()
    this.#ends = [
      onNavigation(() => this.#onNavigation()),
      onSession((answer) => {
        this.app = { state: 'ready', session: answer }
        this.#guard()
        if (answer.user !== null) this.#restore()
      }),
      onLiveChip(() => this.requestUpdate()),
    ]
    void this.#ask()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const end of this.#ends) end()
  }

  async #ask(): Promise<void> {
    this.app = { state: 'asking' }
    this.#load()
    try {
      await session()
    } catch (fault) {
      this.app = { state: 'unreachable', words: faultWords(fault) }
      this.#restore()
    }
  }

  /** What earlier visits left here is delivered, or at least shown where a page has a place for it. */
  #restore(): void {
    Promise.all([import('../record/restore.ts'), import('../record/restore-panel.ts')]).then(
      ([{ restoreRecordings }]) => restoreRecordings(),
      () => {}, // the recorder's own page says that it could not be loaded
    )
  }

  #onNavigation(): void {
    const before = this.route
    this.route = routeOf(location)
    this.#guard()
    this.#load()
    if (before.page === this.route.page) return
    window.scrollTo(0, 0)
    // The new page is announced, and Tab goes on from its top.
    void this.updateComplete.then(() => this.querySelector('h1')?.focus({ preventScroll: true }))
  }

  /** Sends people without an account to the sign-in, and those with one on from it. */
  #guard(): void {
    if (this.app.state !== 'ready') return
    const signedIn = this.app.session.user !== null
    if (!signedIn && needsAccount(this.route)) {
      const here = location.pathname + location.search
      goTo(here === '/' ? '/login' : `/login?next=${encodeURIComponent(here)}`, 'replace')
    } else if (signedIn && this.route.page === 'login') goTo(this.route.next ?? '/record', 'replace')
    else if (signedIn && this.route.page === 'setup') goTo('/record', 'replace')
    else if (signedIn && this.route.page === 'home') goTo('/record', 'replace')
  }

  #load(): void {
    const title = titles[this.route.page]
    document.title = title === 'Rushes' ? title : `${title} · Rushes`
    loaders[this.route.page]().catch(() => {
      toast('This page could not be loaded. Reload: Rushes may have been updated.', 'problem')
    })
  }

  protected override render(): TemplateResult {
    return html`
      <a class="skip" href="#main" @click=${this.#skip}>Skip to the content</a>
      <header class="site-head">
        <div class="site-head-inner">
          <a class="brand" href="/">${brandMark}<span class="brand-name">Rushes</span></a>
          ${this.#nav()}
        </div>
      </header>
      <main id="main" tabindex="-1">${this.#content()}</main>
      <rushes-toasts></rushes-toasts>
    `
  }

  #skip(event: Event): void {
    event.preventDefault()
    document.querySelector('main')?.focus()
  }

  #nav(): TemplateResult {
    const rooms: Partial<Record<Route['page'], Route['page']>> = { home: 'record', import: 'convert' }
    const here = rooms[this.route.page] ?? this.route.page
    const link = (page: Route['page'], path: string, words: string) =>
      html`<a href=${path} aria-current=${here === page ? 'page' : nothing}>${words}</a>`
    if (this.app.state !== 'ready') return html``
    if (this.app.session.user === null) {
      const wanted = !['login', 'setup'].includes(here)
      return wanted ? html`<nav class="site-nav" aria-label="Main">${link('login', '/login', 'Sign in')}</nav>` : html``
    }
    return html`${liveChip(here === 'record')}
      <nav class="site-nav" aria-label="Main">
        ${link('record', '/record', 'Record')}${link('library', '/library', 'Library')}${link('convert', '/convert', 'Convert')}
        ${link('encoders', '/encoders', 'Encoders')}${link('settings', '/settings', 'Settings')}
      </nav>`
  }

  #content(): TemplateResult {
    const { app, route } = this
    if (app.state === 'unreachable') {
      return html`<div class="empty">
        <h1 tabindex="-1">The server does not answer</h1>
        <p>${app.words}</p>
        <button class="button button-main" type="button" @click=${this.#ask}>Try again</button>
      </div>
      <rushes-restore-panel></rushes-restore-panel>`
    }
    if (app.state === 'asking')
      return html`<div class="waiting" role="status"><span class="visually-hidden">Loading</span></div>`
    if (app.session.user === null && needsAccount(route)) return html``
    return (pages[route.page] as (route: Route) => TemplateResult)(route)
  }
}
customElements.define('rushes-app', RushesApp)
