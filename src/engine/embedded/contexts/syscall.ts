/** Contexts of `syscall` programs: bytes of whatever shape program and caller agreed on, which both read and write. */

import type { ContextLayout } from "./event-context.ts";
import { copyBytes } from "./event-context.ts";

/** What `BPF_PROG_TEST_RUN` takes. */
const MOST_BYTES = 65_535;

export const syscallLayout: ContextLayout = {
  writable: true,
  capacity: (input) => (input instanceof Uint8Array ? input.length : 0),
  write(input, area) {
    if (input instanceof Uint8Array && input.length <= MOST_BYTES) return copyBytes(input, area);
    if (!(input instanceof Uint8Array) && Object.keys(input).length === 0) return { size: 0, buffer: null };
    throw new RangeError(
      `context: a syscall program takes at most ${MOST_BYTES} bytes, found ${input instanceof Uint8Array ? input.length : "fields"}`,
    );
  },
};
