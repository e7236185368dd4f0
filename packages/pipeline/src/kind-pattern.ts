// Patterns of kinds: one kind, all that begin alike (`audio/*`), or all (`*`).

/** Whether a kind is one of the pattern's. */
export function matchesPattern(pattern: string, kind: string): boolean {
  return pattern.endsWith('*') ? kind.startsWith(pattern.slice(0, -1)) : kind === pattern
}

/** Whether some kind is one of both. */
export function patternsMeet(one: string, other: string): boolean {
  if (one.endsWith('*') && other.endsWith('*')) {
    const [short, long] = [one.slice(0, -1), other.slice(0, -1)].sort((a, b) => a.length - b.length)
    return long!.startsWith(short!)
  }
  return one.endsWith('*') ? matchesPattern(one, other) : matchesPattern(other, one)
}
