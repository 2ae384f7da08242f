/**
 * `struct perf_event_attr` of linux/perf_event.h, as far as programs are attached to events: what is counted, and how often it calls.
 * 72 bytes (`PERF_ATTR_SIZE_VER1`), which every kernel takes that has eBPF; 96 (`VER3`) where a clock is chosen.
 */

/** `enum perf_type_id`. */
export const PERF_TYPE = { hardware: 0, software: 1, tracepoint: 2, cache: 3, raw: 4, breakpoint: 5 } as const;

/** ioctl(2) requests: `_IO('$', 0)` and `_IOW('$', 8, __u32)`, the same on every architecture of `ARCHITECTURES`. */
export const PERF_EVENT_IOC_ENABLE = 0x2400;
export const PERF_EVENT_IOC_SET_BPF = 0x4004_2408;

/** `enum perf_sw_ids` and `enum perf_hw_id`, by the names that perf(1) gives them. */
export const PERF_EVENTS: Readonly<Record<string, readonly [type: number, config: number]>> = {
  "cpu-clock": [1, 0],
  "task-clock": [1, 1],
  "page-faults": [1, 2],
  "context-switches": [1, 3],
  "cpu-migrations": [1, 4],
  "minor-faults": [1, 5],
  "major-faults": [1, 6],
  "alignment-faults": [1, 7],
  "emulation-faults": [1, 8],
  "cgroup-switches": [1, 11],
  "cpu-cycles": [0, 0],
  instructions: [0, 1],
  "cache-references": [0, 2],
  "cache-misses": [0, 3],
  "branch-instructions": [0, 4],
  "branch-misses": [0, 5],
  "bus-cycles": [0, 6],
  "stalled-cycles-frontend": [0, 7],
  "stalled-cycles-backend": [0, 8],
  "ref-cycles": [0, 9],
  // Other names of the same.
  cycles: [0, 0],
  branches: [0, 4],
  faults: [1, 2],
  cs: [1, 3],
  migrations: [1, 4],
};

export interface PerfAttribute {
  readonly type: number;
  readonly config?: bigint;
  /** One sample every so many events; or, with `frequency`, samples a second. */
  readonly period?: number;
  readonly frequency?: number;
  /** `PERF_SAMPLE_*`. */
  readonly sampleType?: number;
  /** `PERF_FORMAT_*`: what `read(2)` gives. */
  readonly readFormat?: number;
  /** Also in threads and processes that begin later. */
  readonly inherit?: boolean;
  readonly wakeup?: number;
  /** `bp_type`: with addresses in `config1` and lengths in `config2`. */
  readonly breakpoint?: number;
  /** Times are of CLOCK_MONOTONIC, which all CPUs share (since 4.1). */
  readonly monotonic?: boolean;
  /** `uprobe_path` or `kprobe_func`, an address; and `probe_offset` or `kprobe_addr`. */
  readonly config1?: bigint;
  readonly config2?: bigint;
}

const SIZE = 72;
const SIZE_WITH_CLOCK = 96;
const CLOCK = 1n << 25n;
const CLOCK_MONOTONIC = 1;
const INHERIT = 1n << 1n;
const FREQUENCY = 1n << 10n;

export function perfAttribute(wanted: PerfAttribute): Uint8Array {
  const { monotonic = false } = wanted;
  const bytes = new Uint8Array(monotonic ? SIZE_WITH_CLOCK : SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, wanted.type, true);
  view.setUint32(4, bytes.length, true);
  view.setBigUint64(8, wanted.config ?? 0n, true);
  view.setBigUint64(16, BigInt(wanted.frequency ?? wanted.period ?? 0), true);
  view.setBigUint64(24, BigInt(wanted.sampleType ?? 0), true);
  view.setBigUint64(32, BigInt(wanted.readFormat ?? 0), true);
  const inherit = wanted.inherit === true ? INHERIT : 0n;
  const frequency = wanted.frequency === undefined ? 0n : FREQUENCY;
  view.setBigUint64(40, inherit | frequency | (monotonic ? CLOCK : 0n), true);
  view.setUint32(48, wanted.wakeup ?? 0, true);
  view.setUint32(52, wanted.breakpoint ?? 0, true);
  view.setBigUint64(56, wanted.config1 ?? 0n, true);
  view.setBigUint64(64, wanted.config2 ?? 0n, true);
  if (monotonic) view.setInt32(92, CLOCK_MONOTONIC, true);
  return bytes;
}
