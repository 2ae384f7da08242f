/**
 * Contexts of iterators: `struct bpf_iter__task` and its like, which are pointers, eight bytes each; the first to
 * `struct bpf_iter_meta`, the others to what the program is shown.
 */

import type { ContextLayout } from "../contexts/event-context.ts";
import type { Sequence } from "../room/sequence.ts";
import type { Shown } from "./targets.ts";

/** Where, from the start of the context on: `{ struct seq_file *seq; u64 session_id; u64 seq_num; }`. */
const META = 32;
/** What stands for the file: programs hand on its address, and never look. */
const FILE = META + 24;
const KEY = FILE + 8;

/** @param session of the reader, from 1 on. @param number of the object, from 0 on. */
export function iteratorLayout({ objects, entry }: Shown, sequence: Sequence, session: number, number: number): ContextLayout {
  const capacity = KEY + (entry?.key.length ?? 0);
  return {
    writable: false,
    capacity: () => capacity,
    write(_input, { view, bytes, start }) {
      const put = (offset: number, value: number): void => view.setBigUint64(start + offset, BigInt(value), true);
      sequence.address = start + FILE;
      put(0, start + META);
      objects.forEach((address, index) => {
        put(8 + index * 8, address);
      });
      put(META, sequence.address);
      put(META + 8, session);
      put(META + 16, number);
      if (entry === undefined) return { size: capacity, buffer: null };
      bytes.set(entry.key, start + KEY);
      put(16, start + KEY);
      put(24, entry.value);
      return { size: capacity, buffer: { start: entry.value, size: entry.size }, readOnly: { size: entry.key.length } };
    },
  };
}
