/** Pages of a trace buffer as `per_cpu/cpuN/trace_pipe_raw` gives them (include/linux/ring_buffer.h): the records, with their times. */

export interface TraceRecord {
  /** Nanoseconds, by the buffer's clock. */
  readonly time: bigint;
  readonly bytes: Uint8Array;
}

const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;

/** Records of one page. */
export function* recordsOf(page: Uint8Array): Generator<TraceRecord> {
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let time = view.getBigUint64(0, true);
  const end = 16 + (view.getUint32(8, true) & 0xf_ffff);
  for (let at = 16; at < end; ) {
    const header = view.getUint32(at, true);
    const kind = header & 31;
    const delta = BigInt(header >>> 5);
    if (kind === TIME_EXTEND || kind === TIME_STAMP) {
      const high = BigInt(view.getUint32(at + 4, true)) << 27n;
      time = kind === TIME_EXTEND ? time + high + delta : high | delta;
      at += 8;
      continue;
    }
    if (kind === PADDING && delta === 0n) return;
    // Small ones say in words how long they are; others in a word before their data.
    const isLong = kind === 0 || kind === PADDING;
    const size = isLong ? view.getUint32(at + 4, true) : kind * 4;
    time += delta;
    if (kind !== PADDING) yield { time, bytes: page.slice(at + (isLong ? 8 : 4), at + 4 + size) };
    at += 4 + size;
  }
}
