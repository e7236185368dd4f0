// The media-chrome elements that the player is made of, ready for pages with a strict content security policy.
import {
  MediaCaptionsButton,
  MediaChromeButton,
  MediaControlBar,
  MediaController,
  MediaFullscreenButton,
  MediaGestureReceiver,
  MediaLoadingIndicator,
  MediaMuteButton,
  MediaPipButton,
  MediaPlayButton,
  MediaPreviewThumbnail,
  MediaTextDisplay,
  MediaTimeDisplay,
  MediaTimeRange,
  MediaTooltip,
  MediaVolumeRange,
} from 'media-chrome'
import {
  MediaChromeMenu,
  MediaChromeMenuItem,
  MediaPlaybackRateMenu,
  MediaPlaybackRateMenuButton,
} from 'media-chrome/menu'
import { adoptStylesOf } from './adopted-styles.ts'

/** The base classes that attach the shadow roots; what extends one of them is covered with it. */
adoptStylesOf(
  MediaChromeButton,
  MediaController,
  MediaControlBar,
  MediaGestureReceiver,
  MediaLoadingIndicator,
  MediaPreviewThumbnail,
  MediaTextDisplay,
  MediaTimeRange,
  MediaTooltip,
  MediaVolumeRange,
  MediaChromeMenu,
  MediaChromeMenuItem,
)

/** Says its speed before its name, as it is written on it (WCAG 2.2 SC 2.5.3, label in name). */
export class RushesSpeedButton extends MediaPlaybackRateMenuButton {
  override attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    super.attributeChangedCallback(name, before, after)
    if (name === 'mediaplaybackrate') this.setAttribute('aria-label', `${this.textOnIt}, playback speed`)
  }

  private get textOnIt(): string {
    return this.container.textContent ?? ''
  }
}
customElements.define('rushes-speed-button', RushesSpeedButton)

/** Named, so that a bundler keeps the modules that define the elements. */
export const mediaControls: readonly CustomElementConstructor[] = [
  MediaController,
  MediaControlBar,
  MediaPlayButton,
  MediaMuteButton,
  MediaVolumeRange,
  MediaTimeRange,
  MediaTimeDisplay,
  MediaCaptionsButton,
  MediaPipButton,
  MediaFullscreenButton,
  MediaLoadingIndicator,
  MediaPlaybackRateMenu,
]
