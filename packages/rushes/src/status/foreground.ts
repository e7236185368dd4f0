import { readFileSync } from 'node:fs'

/**
 * Whether the terminal listens to us. A program in the background that changes how keys are read is stopped by the system
 * (SIGTTOU, POSIX General Terminal Interface), and a stopped encoder loses pictures.
 */
export function isInForeground(): boolean {
  try {
    // proc(5): the name may have anything in it, so what follows its last parenthesis is counted; pgrp and tpgid.
    const fields = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[2] === fields[5]
  } catch {
    return true
  }
}
