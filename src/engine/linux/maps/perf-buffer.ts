/**
 * Perf event arrays (since 4.3): a buffer for each CPU that runs, opened when somebody wants records, or a counter that programs read.
 *
 * A buffer: `struct perf_event_mmap_page` of linux/perf_event.h, then records in a ring that is not mapped twice: a record may be in two parts.
 */

import type { Btf } from "../../../btf/btf.ts";
import { type Codec, makeCodec } from "../../../btf/codec.ts";
import { nearest } from "../../../nearest.ts";
import type { PerfEventArray, PerfOptions, PerfRecord } from "../../engine.ts";
import { MapError } from "../../errors.ts";
import type { Descriptor } from "../descriptors.ts";
import { cpuList } from "../facts.ts";
import { PERF_EVENT_IOC_ENABLE, PERF_EVENTS, PERF_TYPE, perfAttribute } from "../links/perf-attribute.ts";
import { SystemError } from "../sys/system-error.ts";
import type { Mapping } from "../sys/transport.ts";
import { type RawMap, UPDATE_FLAGS } from "./raw-map.ts";
import { LinuxRecords } from "./records.ts";

const DEFAULT_BUFFER = 64 * 1024;
/** `PERF_COUNT_SW_BPF_OUTPUT`, `PERF_SAMPLE_RAW`. */
const BPF_OUTPUT = 10n;
const SAMPLE_RAW = 1 << 10;
/** Of `struct perf_event_mmap_page`: u64 data_head, data_tail, data_offset, data_size. */
const HEAD = 1024;
const TAIL = 1032;
const DATA_OFFSET = 1040;
const RECORD = { lost: 2, sample: 9 } as const;
const WORDS = 2 ** 32;

interface Buffer {
  readonly cpu: number;
  readonly event: Descriptor;
  readonly mapping: Mapping;
  readonly view: DataView;
  readonly head: BigUint64Array;
  readonly tail: BigUint64Array;
  readonly data: Uint8Array;
  /** Bytes taken out since the beginning. */
  position: number;
}

export class LinuxPerfEventArray extends LinuxRecords<PerfRecord> implements PerfEventArray {
  readonly #codec: Codec | null;
  #buffers: Buffer[] = [];
  #counters: Descriptor[] = [];
  #lost = 0;

  constructor(raw: RawMap, codec: Codec | null) {
    super(raw);
    this.#codec = codec;
  }

  /** As the kernel counted them: exact, and known when the next record of that CPU is read. */
  get lost(): number {
    return this.#lost;
  }

  open({ bytes = DEFAULT_BUFFER }: PerfOptions = {}): void {
    this.raw.mustBeOpen();
    if (!Number.isInteger(bytes) || bytes < 4096 || bytes > 2 ** 30 || Math.log2(bytes) % 1 !== 0)
      throw new MapError(this.name, "invalid", `${this.name}: bytes: expected a power of two from 4096 to 1 GiB, found ${bytes}`);
    if (this.#buffers.length > 0) return;
    const attribute = perfAttribute({
      type: PERF_TYPE.software,
      config: BPF_OUTPUT,
      sampleType: SAMPLE_RAW,
      period: 1,
      wakeup: 1,
    });
    const { pageSize } = this.raw.kernel.transport;
    const size = Math.max(bytes, pageSize);
    try {
      for (const cpu of this.#cpus()) {
        const event = this.#openEvent(attribute, cpu, "buffer");
        let mapping: Mapping;
        try {
          mapping = this.#mapEvent(event, pageSize + size);
        } catch (error) {
          event.close();
          throw error;
        }
        const { memory } = mapping;
        const view = new DataView(memory);
        this.#buffers.push({
          cpu,
          event,
          mapping,
          view,
          head: new BigUint64Array(memory, HEAD, 1),
          tail: new BigUint64Array(memory, TAIL, 1),
          data: new Uint8Array(memory, Number(view.getBigUint64(DATA_OFFSET, true)) || pageSize, size),
          position: 0,
        });
        this.#put(cpu, event);
      }
    } catch (error) {
      this.#closeAll();
      throw error;
    }
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

  records(options: PerfOptions = {}): AsyncIterableIterator<PerfRecord> {
    this.open(options);
    return this.wait(options);
  }

  drain(each: (record: PerfRecord) => boolean | void): number {
    this.raw.mustBeOpen();
    let count = 0;
    let ended = false;
    for (const buffer of this.#buffers) {
      if (ended) break;
      count += this.#drainOne(buffer, (data) => {
        ended = each({ cpu: buffer.cpu, data }) === false;
        return !ended;
      });
    }
    return count;
  }

  #drainOne(buffer: Buffer, each: (data: unknown) => boolean): number {
    const { head, tail, data } = buffer;
    let count = 0;
    for (let goOn = true; goOn && buffer.position < Number(Atomics.load(head, 0)); ) {
      const header = this.#part(data, buffer.position, 8);
      const view = new DataView(header.buffer, header.byteOffset, 8);
      const type = view.getUint32(0, true);
      const size = view.getUint16(6, true);
      const body = this.#part(data, buffer.position + 8, size - 8);
      const fields = new DataView(body.buffer, body.byteOffset, body.byteLength);
      // u64 id, u64 lost; and u32 size, bytes of that size, padding included.
      if (type === RECORD.lost) this.#lost += fields.getUint32(8, true) + fields.getUint32(12, true) * WORDS;
      const record = type === RECORD.sample ? this.#decode(body, fields.getUint32(0, true)) : undefined;
      buffer.position += size;
      Atomics.store(tail, 0, BigInt(buffer.position));
      if (type !== RECORD.sample) continue;
      count++;
      goOn = each(record);
    }
    return count;
  }

  /** The kernel rounds samples up: what is behind the type's own bytes is padding. */
  #decode(body: Uint8Array, length: number): unknown {
    const size = this.#codec?.size ?? 0;
    if (this.#codec !== null && length >= size && length < size + 8) return this.#codec.decode(body, 4);
    return body.slice(4, 4 + length);
  }

  /** A part of the ring, in one piece. */
  #part(data: Uint8Array, position: number, length: number): Uint8Array {
    const start = position % data.length;
    if (start + length <= data.length) return data.subarray(start, start + length);
    const whole = new Uint8Array(length);
    const first = data.subarray(start);
    whole.set(first);
    whole.set(data.subarray(0, length - first.length), first.length);
    return whole;
  }

  protected override hasRecords(): boolean {
    return this.#buffers.some(({ head, position }) => position < Number(Atomics.load(head, 0)));
  }

  protected override descriptors(): readonly number[] {
    return this.#buffers.map(({ event }) => event.fd);
  }

  override close(): void {
    super.close();
    this.#closeAll();
  }

  #closeAll(): void {
    for (const { event, mapping } of this.#buffers) {
      mapping.unmap();
      event.close();
    }
    for (const event of this.#counters) event.close();
    this.#buffers = [];
    this.#counters = [];
  }

  #cpus(): readonly number[] {
    const online = cpuList(this.raw.kernel.facts.read("/sys/devices/system/cpu/online")) ?? [0];
    return online.filter((cpu) => cpu < this.spec.maxEntries);
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
export function perfCodec(types: Btf | null, raw: RawMap): Codec | null {
  const { valueType, name } = raw.spec;
  if (types === null || valueType === 0 || types.kind(types.resolve(valueType)) === "int") return null;
  return makeCodec(types, valueType, { name: `${name}.record` });
}
