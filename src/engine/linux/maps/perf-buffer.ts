/**
 * Perf event arrays (since 4.3): a buffer for each CPU that runs, opened when somebody wants records, or a counter that programs read.
 */

import type { Btf } from "../../../btf/btf.ts";
import { makeCodec, type ReusingCodec } from "../../../btf/codec.ts";
import { nearest } from "../../../nearest.ts";
import type { PerfEventArray, PerfLease, PerfOptions, PerfRecord } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import { RecordReader } from "../../record-reader.ts";
import type { Descriptor } from "../descriptors.ts";
import type { Awaited } from "../events/waiter.ts";
import { cpuList } from "../facts.ts";
import { PERF_EVENT_IOC_ENABLE, PERF_EVENTS, PERF_TYPE, perfAttribute } from "../links/perf-attribute.ts";
import { ERRNO, SystemError } from "../sys/system-error.ts";
import type { Mapping } from "../sys/transport.ts";
import { MergedCursor } from "./merged-cursor.ts";
import { PerfCursor } from "./perf-memory.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";
import { LinuxRecords } from "./records.ts";

const DEFAULT_BUFFER = 64 * 1024;
/** `PERF_COUNT_SW_BPF_OUTPUT`, `PERF_SAMPLE_RAW`, `PERF_FORMAT_LOST` (since 6.0). */
const BPF_OUTPUT = 10n;
const SAMPLE_RAW = 1 << 10;
const FORMAT_LOST = 1 << 4;
/** `PERF_SAMPLE_TIME`. */
const SAMPLE_TIME = 1 << 2;

/** One CPU's. */
interface Buffer {
  readonly event: Descriptor;
  readonly cursor: PerfCursor;
}

export class LinuxPerfEventArray extends LinuxRecords<PerfRecord, PerfLease, PerfOptions> implements PerfEventArray {
  readonly #codec: ReusingCodec | null;
  #buffers: Buffer[] = [];
  #counters: Descriptor[] = [];
  #reader: RecordReader | null = null;
  /** Whether events say how many records they lost. */
  #tellsLost = true;
  #byTime = false;

  constructor(raw: RawMap, codec: ReusingCodec | null) {
    super(raw);
    this.#codec = codec;
  }

  /** As the kernel counted them: exact. Before Linux 6.0 those of a CPU are known when its next record was read. */
  get lost(): number {
    const answer = new BigUint64Array(2);
    let lost = 0;
    for (const { event, cursor } of this.#buffers) {
      // What it counted, which is nothing, and what it lost.
      const told =
        this.#tellsLost && this.raw.kernel.transport.read(event.fd, new Uint8Array(answer.buffer)) === answer.byteLength;
      lost += told ? Number(answer[1]) : cursor.lost;
    }
    return lost;
  }

  open({ bytes = DEFAULT_BUFFER, order = "cpu" }: PerfOptions = {}): void {
    this.raw.mustBeOpen();
    if (!Number.isInteger(bytes) || bytes < 4096 || bytes > 2 ** 30 || Math.log2(bytes) % 1 !== 0)
      throw new MapError(this.name, "invalid", `${this.name}: bytes: expected a power of two from 4096 to 1 GiB, found ${bytes}`);
    if (this.#buffers.length > 0) return;
    const { pageSize } = this.raw.kernel.transport;
    const size = Math.max(bytes, pageSize);
    try {
      for (const cpu of this.#cpus()) {
        const event = this.#openBuffer(cpu, order === "time");
        try {
          const cursor = new PerfCursor(this.#mapEvent(event, pageSize + size), size, pageSize, cpu, order === "time");
          this.#buffers.push({ event, cursor });
        } catch (error) {
          event.close();
          throw error;
        }
        this.#put(cpu, event);
      }
    } catch (error) {
      this.#closeAll();
      throw error;
    }
    this.#byTime = order === "time";
  }

  count(name: string): void {
    const known = PERF_EVENTS[name];
    if (known === undefined) {
      const near = nearest(name, Object.keys(PERF_EVENTS));
      const advice = near === null ? `it knows ${Object.keys(PERF_EVENTS).join(", ")}` : `did you mean ${near}?`;
      throw new MapError(this.name, "invalid", `${this.name}: nobody counts ${name}; ${advice}`);
    }
    const [type, config] = known;
    for (const cpu of this.#cpus()) {
      const event = this.#openEvent(perfAttribute({ type, config: BigInt(config) }), cpu, name);
      this.#counters.push(event);
      this.#put(cpu, event);
    }
  }

  protected override reader(options?: PerfOptions): RecordReader {
    this.raw.mustBeOpen();
    if (options !== undefined) this.open(options);
    if (this.#reader !== null) return this.#reader;
    const cursors = this.#buffers.map(({ cursor }) => cursor);
    const [one, ...others] = cursors;
    const read = this.#byTime && one !== undefined ? [new MergedCursor([one, ...others])] : cursors;
    const reader = new RecordReader(this.name, read, this.#codec, true);
    // Without buffers there is nothing to read, until somebody opens them.
    if (cursors.length > 0) this.#reader = reader;
    return reader;
  }

  /** Of the CPU that wrote most: its buffer is full first. */
  protected override bytesTaken(): number {
    let most = 0;
    for (const { cursor } of this.#buffers) most = Math.max(most, cursor.bytesTaken());
    return most;
  }

  protected override awaited(reader: RecordReader): Awaited {
    const size = this.#buffers[0]?.cursor.size ?? DEFAULT_BUFFER;
    const descriptors = this.#buffers.map(({ event }) => event.fd);
    return { name: this.name, descriptors, size, ready: () => reader.ready() };
  }

  override close(): void {
    super.close();
    this.#closeAll();
  }

  #closeAll(): void {
    for (const { event, cursor } of this.#buffers) {
      cursor[Symbol.dispose]();
      event.close();
    }
    for (const event of this.#counters) event.close();
    this.#buffers = [];
    this.#counters = [];
    this.#reader = null;
  }

  #cpus(): readonly number[] {
    const online = cpuList(this.raw.kernel.facts.read("/sys/devices/system/cpu/online")) ?? [0];
    return online.filter((cpu) => cpu < this.spec.maxEntries);
  }

  /** The event that one CPU's records go to. */
  #openBuffer(cpu: number, timed: boolean): Descriptor {
    const sampleType = SAMPLE_RAW | (timed ? SAMPLE_TIME : 0);
    const shape = { type: PERF_TYPE.software, config: BPF_OUTPUT, sampleType, period: 1, wakeup: 1, monotonic: timed };
    if (this.#tellsLost) {
      try {
        return this.#openEvent(perfAttribute({ ...shape, readFormat: FORMAT_LOST }), cpu, "buffer");
      } catch (error) {
        // Kernels that do not know the format do not take it.
        if (!(error instanceof MapError && error.cause instanceof SystemError && error.cause.errno === ERRNO.EINVAL)) throw error;
        this.#tellsLost = false;
      }
    }
    return this.#openEvent(perfAttribute(shape), cpu, "buffer");
  }

  #openEvent(attribute: Uint8Array, cpu: number, what: string): Descriptor {
    const { transport, ledger } = this.raw.kernel;
    const fd = transport.perfEventOpen(attribute, -1, cpu);
    if (fd < 0) throw this.#failure(`${what} of CPU ${cpu}`, new SystemError("perf_event_open", -fd));
    const event = ledger.adopt(fd, `${what} of map ${this.name}, CPU ${cpu}`);
    const enabled = transport.ioctl(event.fd, PERF_EVENT_IOC_ENABLE, 0);
    if (enabled >= 0) return event;
    event.close();
    throw this.#failure(`${what} of CPU ${cpu}`, new SystemError("ioctl(PERF_EVENT_IOC_ENABLE)", -enabled));
  }

  #mapEvent(event: Descriptor, length: number): Mapping {
    const mapping = this.raw.kernel.transport.map(event.fd, length, 0, true);
    if (typeof mapping !== "number") return mapping;
    throw this.#failure("buffer (kernel.perf_event_mlock_kb limits how much)", new SystemError("mmap", -mapping));
  }

  #put(cpu: number, event: Descriptor): void {
    const { raw } = this;
    new DataView(raw.key.buffer).setUint32(0, cpu, true);
    new DataView(raw.value.buffer).setInt32(0, event.fd, true);
    raw.update(UPDATE_FLAGS.any);
  }

  #failure(what: string, cause: SystemError): MapError {
    return new MapError(this.name, "unsupported", `${this.name}: ${what}: ${cause.message}`, { cause });
  }
}

/** Of records: the type that the map declares, when it is not that of the descriptors that the kernel keeps in it. */
export function perfCodec(types: Btf | null, raw: RawMap): ReusingCodec | null {
  const { valueType, name } = raw.spec;
  if (types === null || valueType === 0 || types.kind(types.resolve(valueType)) === "int") return null;
  return makeCodec(types, valueType, { name: `${name}.record` });
}
