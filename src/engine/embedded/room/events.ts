/**
 * What happens in a machine room besides packets: tracepoints, calls of functions, samples. Programs attach to events by name; a test,
 * an application or a recording emits them, and every program that is attached runs.
 *
 * | event | programs of sections |
 * | --- | --- |
 * | `sched/sched_switch` | `tracepoint/sched/sched_switch`, `tp/…` |
 * | `raw_tp/sched_switch` | `raw_tp/…`, `raw_tracepoint/…`, `tp_btf/…` |
 * | `kprobe/tcp_connect`, `kretprobe/…`, `fentry/…`, `fexit/…`, `fmod_ret/…`, `lsm/…` | the same |
 * | `uprobe//bin/bash:readline`, `uretprobe/…`, `usdt/…` | the same |
 * | `perf_event/cpu-clock` | `perf_event` |
 */

import type { ContextInput } from "../../engine.ts";
import { AttachError } from "../../errors.ts";
import type { Clock } from "../clock.ts";
import { inserted, type Place } from "./hook.ts";
import type { ProcessDescription, Processes } from "./processes.ts";
import type { Sequence } from "./sequence.ts";

/** Addresses, the innermost first, as the kernel's unwinder gives them. */
export interface Stacks {
  readonly kernel?: readonly (number | bigint)[];
  readonly user?: readonly (number | bigint)[];
}

/** Where, when and in whom an event happens. */
export interface EventMeta {
  /** Nanoseconds since boot. Moves the engine's clock when that is virtual, and fires what samples until then. */
  readonly time?: number | bigint;
  /** 0 ≤ cpu < the engine's `cpus`. Default 0. */
  readonly cpu?: number;
  /** Who runs on that CPU from now on: number of a thread that the room has. Default: who ran there before. */
  readonly pid?: number;
  /** The same, described: it is added to the room's processes, or changed there. */
  readonly process?: ProcessDescription;
  readonly stack?: Stacks;
  /** Registers of the process as it entered the kernel, by name, for `bpf_task_pt_regs`. */
  readonly registers?: Readonly<Record<string, number | bigint | string>>;
  /** Address of the function, for `bpf_get_func_ip`. */
  readonly ip?: number | bigint;
  /** What the hardware counted, for `bpf_perf_prog_read_value`. */
  readonly counter?: PerfValue;
}

/** `struct bpf_perf_event_value`. */
export interface PerfValue {
  readonly counter: number | bigint;
  readonly enabled: number | bigint;
  readonly running: number | bigint;
}

/** What became of an event. */
export interface Emitted {
  /** How many programs ran. */
  readonly programs: number;
  /**
   * What the last of them returned, as i32; of `lsm` and `fmod_ret` the first that is not 0, which is the decision. 0 when none ran.
   */
  readonly result: number;
  /** What `bpf_override_return` put in place of the function's own result; null when no program did. */
  readonly override: bigint | null;
}

/** The event that runs on a CPU, for helpers. */
export interface RunningEvent {
  readonly meta: EventMeta;
  /** Of the link through which the program is attached. */
  cookie: bigint;
  override: bigint | null;
  /** What the context was made from. */
  readonly data: ContextInput;
  /** What an iterator writes into. */
  readonly sequence?: Sequence;
}

/** What is attached to an event. */
export interface EventHandler {
  readonly description: string;
  /** @returns the program's result, i32. @throws FaultError */
  handle(event: RunningEvent, cpu: number): number;
}

/** A place in the list of an event. */
export interface EventPlace {
  readonly event: string;
  handler: EventHandler | null;
  readonly cookie: bigint;
}

const NOTHING: EventMeta = {};
const SECOND = 1_000_000_000n;
/** What one step of the clock may fire: a wrong time must not take for ever. */
const MOST_SAMPLES = 1_000_000n;

interface Audience {
  /** First to last. */
  readonly places: readonly EventPlace[];
  /** Whether the first result that is not 0 counts. */
  readonly decides: boolean;
}

/** What a program threw. */
interface Fault {
  readonly error: unknown;
}

interface Sampler {
  readonly place: EventPlace;
  readonly period: bigint;
  next: bigint;
}

export class EventHost {
  /** By CPU; null between events. */
  readonly running: (RunningEvent | null)[] = [];
  readonly #clock: Clock;
  readonly #processes: Processes;
  readonly #cpus: () => number;
  readonly #places = new Map<string, readonly EventPlace[]>();
  /** Of programs whose event is a pattern (`kprobe.multi/tcp_*`). */
  readonly #patterns: { readonly pattern: RegExp; readonly place: EventPlace }[] = [];
  /** By name as emitted; made anew when something is attached or taken off. */
  readonly #audiences = new Map<string, Audience>();
  readonly #samplers: Sampler[] = [];
  /** By CPU: of the last event that brought one along; what samples see. */
  readonly #stacks: Stacks[] = [];
  /** How often samplers ran a program. */
  samples = 0;

  /** @param cpus how many there are. */
  constructor(clock: Clock, processes: Processes, cpus: () => number) {
    this.#clock = clock;
    this.#processes = processes;
    this.#cpus = cpus;
  }

  /** Names of events that something is attached to; patterns as they are. */
  get attached(): readonly string[] {
    return [...this.#places].flatMap(([name, places]) => (places.length > 0 ? [name] : []));
  }

  /**
   * Runs what is attached to an event.
   * @param data what the programs' contexts are made from: fields by name, or bytes; docs/events.md has them.
   * @throws FaultError of the first program that was stopped, after all have run; RangeError for a CPU, process or field that is
   *   not there.
   */
  emit(name: string, data: ContextInput = {}, meta: EventMeta = NOTHING): Emitted {
    const { cpu = 0, time } = meta;
    if (!Number.isInteger(cpu) || cpu < 0 || cpu >= this.#cpus())
      throw new RangeError(`cpu: expected 0 to ${this.#cpus() - 1}, found ${cpu}`);
    let fault: Fault | null = time === undefined ? null : this.#advanceTo(checkTime(time));
    if (meta.process !== undefined) this.#processes.run(this.#processes.put(meta.process).tid, cpu);
    else if (meta.pid !== undefined) this.#processes.run(meta.pid, cpu);
    if (meta.stack !== undefined) this.#stacks[cpu] = meta.stack;

    const { places, decides } = this.#audiences.get(name) ?? this.#audienceOf(name);
    let result = 0;
    const running: RunningEvent = { meta, cookie: 0n, override: null, data };
    let programs = 0;
    for (const place of places) {
      if (place.handler === null) continue;
      programs++;
      try {
        const own = this.run(place.handler, running, place.cookie, cpu);
        if (!decides || result === 0) result = own;
      } catch (error) {
        fault ??= { error };
      }
    }
    if (fault !== null) throw fault.error;
    return { programs, result, override: running.override };
  }

  /** Runs one handler as if the event happened. */
  run(handler: EventHandler, event: RunningEvent, cookie: bigint, cpu: number): number {
    const before = this.running[cpu] ?? null;
    event.cookie = cookie;
    this.running[cpu] = event;
    try {
      return handler.handle(event, cpu);
    } finally {
      this.running[cpu] = before;
    }
  }

  /**
   * Moves a virtual clock on; on the way each sampler fires at its times, on every CPU, in whoever runs there and with the last stack
   * that was seen there.
   * @param time nanoseconds since boot; earlier ones than the clock's change nothing.
   * @throws FaultError of the first program that was stopped, when it is that time. RangeError for a time that is none, or more than a
   *   million samples at once.
   */
  advanceTo(time: number | bigint): void {
    const fault = this.#advanceTo(checkTime(time));
    if (fault !== null) throw fault.error;
  }

  /** Moves a virtual clock to where a recording begins: nothing is sampled on the way, and samplers start from there. */
  begin(time: number | bigint): void {
    const start = checkTime(time);
    for (const sampler of this.#samplers) sampler.next = start + sampler.period;
    this.#setClock(start);
  }

  #advanceTo(time: bigint): Fault | null {
    let fault: Fault | null = null;
    const wanted = this.#samplers.reduce((sum, { next, period }) => (next > time ? sum : sum + (time - next) / period + 1n), 0n);
    if (wanted > MOST_SAMPLES)
      throw new RangeError(
        `time ${time}: ${wanted} samples would be due on the way; a lower frequency, or begin(time), leaves them out`,
      );
    for (;;) {
      const due = this.#samplers.reduce<Sampler | null>(
        (first, each) => (each.next <= time && (first === null || each.next < first.next) ? each : first),
        null,
      );
      if (due === null) break;
      this.#setClock(due.next);
      due.next += due.period;
      const { place } = due;
      const data = { sample_period: due.period };
      for (let cpu = 0; cpu < this.#cpus(); cpu++) {
        if (place.handler === null) continue;
        this.samples++;
        const stack = this.#stacks[cpu];
        const meta = stack === undefined ? NOTHING : { stack };
        try {
          this.run(place.handler, { meta, cookie: 0n, override: null, data }, place.cookie, cpu);
        } catch (error) {
          fault ??= { error };
        }
      }
    }
    this.#setClock(time);
    return fault;
  }

  #setClock(time: bigint): void {
    this.#clock.set?.(Number(time / SECOND), Number(time % SECOND));
  }

  /** Who hears of an event, by the name that it is emitted by. */
  #audienceOf(name: string): Audience {
    const event = canonicalEvent(name);
    const matching = this.#patterns.flatMap(({ pattern, place }) => (pattern.test(event) ? [place] : []));
    const places = [...(this.#places.get(event) ?? []), ...matching];
    const audience = { places, decides: event.startsWith("lsm/") || event.startsWith("fmod_ret/") };
    this.#audiences.set(name, audience);
    return audience;
  }

  /**
   * @param event as `eventOf` gives it; `*` and `?` in the name of a function stand for any characters, and any one.
   * @param options.frequency samples a second, which a virtual clock fires: nobody need emit the event, and it is not for who does.
   * @throws AttachError when the position is at no link of this event.
   */
  attach(event: string, handler: EventHandler, cookie: bigint, options: AttachPlace = {}): EventPlace {
    const place: EventPlace = { event, handler, cookie };
    this.#audiences.clear();
    const { frequency } = options;
    if (frequency !== undefined) {
      if (!(frequency >= 1 && frequency <= 1e9))
        throw new AttachError(`frequency: expected 1 to 1,000,000,000, found ${frequency}`);
      const period = BigInt(Math.round(1e9 / frequency));
      this.#samplers.push({ place, period, next: this.#now() + period });
      return place;
    }
    if (/[*?]/.test(event)) {
      this.#patterns.push({ pattern: patternOf(event), place });
      return place;
    }
    this.#places.set(event, inserted(this.#places.get(event) ?? [], place, options.position ?? "last", event));
    return place;
  }

  /** Takes it off; harmless the second time. */
  detach(place: EventPlace): void {
    place.handler = null;
    this.#audiences.clear();
    const list = this.#places.get(place.event);
    if (list !== undefined)
      this.#places.set(
        place.event,
        list.filter((each) => each !== place),
      );
    remove(this.#patterns, (each) => each.place === place);
    remove(this.#samplers, (each) => each.place === place);
  }

  #now(): bigint {
    const now = new Uint32Array(2);
    this.#clock.read(now);
    return (BigInt(now[1]!) << 32n) | BigInt(now[0]!);
  }
}

interface AttachPlace {
  readonly frequency?: number;
  readonly position?: Place<EventPlace>;
}

/** Nanoseconds since boot, u64. @throws RangeError */
function checkTime(time: number | bigint): bigint {
  if (typeof time === "bigint" ? time >= 0n && time < 1n << 64n : Number.isSafeInteger(time) && time >= 0) return BigInt(time);
  throw new RangeError(`time: expected nanoseconds since boot, found ${time}`);
}

function remove<Item>(list: Item[], matches: (item: Item) => boolean): void {
  const at = list.findIndex(matches);
  if (at >= 0) list.splice(at, 1);
}

function patternOf(event: string): RegExp {
  const source = event
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}

/** Kinds of events by the first word of a section, and what libbpf puts behind it (`.s`, `.multi`, `.session`, `.w`). */
const PREFIXES: Readonly<Record<string, string>> = {
  tracepoint: "",
  tp: "",
  raw_tracepoint: "raw_tp/",
  raw_tp: "raw_tp/",
  tp_btf: "raw_tp/",
  perf_event: "perf_event/",
};

/**
 * The name of an event, whatever section's spelling it is given in: `tp/sched/sched_switch` is `sched/sched_switch`,
 * `kprobe.multi/tcp_*` is `kprobe/tcp_*`.
 */
export function canonicalEvent(name: string): string {
  const slash = name.indexOf("/");
  if (slash < 0) return name;
  const [stem = ""] = name.slice(0, slash).split(".");
  const rest = name.slice(slash + 1);
  const prefix = PREFIXES[stem];
  return prefix === undefined ? `${stem}/${rest}` : prefix + rest;
}
