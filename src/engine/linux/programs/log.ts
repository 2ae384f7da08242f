/** Asking again with a buffer for the kernel's log, and again with a larger one until the log fits. */

import { ERRNO } from "../sys/system-error.ts";

const FIRST_SIZE = 1 << 16;
/** The kernel's own limit is u32 >> 2 (`bpf_verifier_log_attr_valid`). */
const LARGEST = 0x3fff_ffff;
/** Doubling reaches the limit in 14; `log_true_size` in two or three, unless the kernel says something else each time. */
const MOST_TRIES = 20;

export interface LoggedCommand {
  send(): number;
  /** Puts the buffer, and log level 1, into the attribute. */
  give(buffer: Uint8Array): void;
  /** What the kernel says the log needs (since 6.4); 0 before. */
  trueSize(): number;
}

export function sendWithLog(command: LoggedCommand): { readonly result: number; readonly log: string } {
  let size = FIRST_SIZE;
  for (let tries = 1; ; tries++) {
    const buffer = new Uint8Array(size);
    command.give(buffer);
    const result = command.send();
    if (result === -ERRNO.EAGAIN && tries < MOST_TRIES) continue;
    if (result === -ERRNO.ENOSPC && size < LARGEST && tries < MOST_TRIES) {
      const needed = command.trueSize();
      size = Math.min(LARGEST, needed > size ? needed : size * 2);
      continue;
    }
    return { result, log: text(buffer) };
  }
}

function text(buffer: Uint8Array): string {
  const end = buffer.indexOf(0);
  return new TextDecoder().decode(buffer.subarray(0, end < 0 ? buffer.length : end));
}
