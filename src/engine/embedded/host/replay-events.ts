/** Plays a recording of events through whatever is attached in an engine, and keeps the books. */

import type { ContextInput, ContextValue } from "../../engine.ts";
import { FaultError } from "../../errors.ts";
import type { EmbeddedEngine } from "../engine.ts";
import { type RecordedEvent, type RecordedValue, readLine, wrong } from "./event-recording.ts";

export interface ReplayEventsOptions {
  /** Called after each event: to take out what programs wrote for user space. */
  readonly onEvent?: () => void;
  /** Called now and then, some 50 times a second at most, with how many events there were so far. */
  readonly onProgress?: (events: number) => void;
  /** Ends the replay early; the result is of what was replayed until then. */
  readonly signal?: AbortSignal;
}

export interface EventsTally {
  readonly event: string;
  readonly events: number;
  /** Runs of programs. */
  readonly runs: number;
}

export interface ReplayEventsResult {
  readonly events: number;
  readonly runs: number;
  /** Runs of programs that sample by frequency. */
  readonly samples: number;
  /** By name, most frequent first. */
  readonly tallies: readonly EventsTally[];
  /** Events on which a program was stopped, and the first of the faults. */
  readonly faults: { readonly events: number; readonly first: FaultError | null };
  /** Nanoseconds since boot of the first and last event that has a time; null when none has. */
  readonly span: { readonly first: bigint; readonly last: bigint } | null;
}

/** How long other work (a signal, a timer) waits at most, in milliseconds. */
const PATIENCE = 20;

/**
 * @param lines of the recording after its header, which says how the engine is to be opened (`readHeader`). Empty ones are left out.
 * @throws RecordingError for a line that means nothing, or that the engine has no place for.
 */
export async function replayEvents(
  lines: Iterable<string> | AsyncIterable<string>,
  engine: EmbeddedEngine,
  options: ReplayEventsOptions = {},
): Promise<ReplayEventsResult> {
  const { signal, onEvent, onProgress } = options;
  const tallies = new Map<string, { events: number; runs: number }>();
  let events = 0;
  let runs = 0;
  let faults = 0;
  let first: FaultError | null = null;
  const { samples } = engine.events;
  const times: bigint[] = [];
  let number = 1;
  let breathed = performance.now();
  for await (const text of lines) {
    number++;
    if (signal?.aborted) break;
    if (text.trim() === "") continue;
    const line = readLine(text, number);
    try {
      if (line.kind === "event") {
        const { event, meta } = line.event;
        let tally = tallies.get(event);
        if (tally === undefined) tallies.set(event, (tally = { events: 0, runs: 0 }));
        events++;
        tally.events++;
        if (meta.time !== undefined) {
          if (times.length === 0) engine.events.begin(meta.time);
          times[times.length === 0 ? 0 : 1] = BigInt(meta.time);
        }
        try {
          const ran = emit(engine, line.event);
          runs += ran;
          tally.runs += ran;
        } catch (error) {
          if (!(error instanceof FaultError)) throw error;
          faults++;
          first ??= error;
        }
        onEvent?.();
      } else if (line.kind === "format") engine.formats.describe(line.event, line.text);
      else if (line.kind === "process") engine.processes.put(line.process);
      else if (line.kind === "exit") engine.processes.remove(line.tid);
      else for (const range of line.ranges) engine.kernel.presented.add(range);
    } catch (cause) {
      if (cause instanceof RangeError) throw wrong(number, cause.message, { cause });
      throw cause;
    }
    if (performance.now() - breathed < PATIENCE) continue;
    onProgress?.(events);
    await new Promise((resolve) => setTimeout(resolve));
    breathed = performance.now();
  }
  const sorted = [...tallies].map(([event, tally]) => ({ event, ...tally })).sort((one, other) => other.events - one.events);
  const [start, end = start] = times;
  const span = start === undefined || end === undefined ? null : { first: start, last: end };
  return { events, runs, samples: engine.events.samples - samples, tallies: sorted, faults: { events: faults, first }, span };
}

/** @returns how many programs ran. */
function emit(engine: EmbeddedEngine, { event, data, meta }: RecordedEvent): number {
  if (data instanceof Uint8Array) return engine.emit(event, data, meta).programs;
  // Objects that were made for this event go with it.
  return engine.kernel.temporary(() => {
    // A described process first: its task may be among the arguments.
    if (meta.process !== undefined) engine.processes.put(meta.process);
    const input: ContextInput = Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, present(engine, value)] as const),
    );
    return engine.emit(event, input, meta).programs;
  });
}

function present(engine: EmbeddedEngine, value: RecordedValue): ContextValue {
  if (typeof value !== "object" || value instanceof Uint8Array) return value;
  if (isList(value)) return value.map((each) => present(engine, each));
  if ("object" in value) return engine.kernel.object(value.object, value.fields);
  if ("text" in value) return engine.kernel.bytes(value.text);
  if ("address" in value) return value;
  const process = engine.processes.get(value.task);
  if (process === undefined) throw new RangeError(`task: the room has no thread ${value.task}`);
  return { address: engine.kernel.taskOf(process) };
}

const isList = (value: RecordedValue): value is readonly RecordedValue[] => Array.isArray(value);
