// A timer that a hidden tab does not slow down.
self.onmessage = (event: MessageEvent<number>) => {
  setInterval(() => (self as unknown as { postMessage(message: null): void }).postMessage(null), event.data)
}
