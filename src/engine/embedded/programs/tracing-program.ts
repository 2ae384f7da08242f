/** A program on events, loaded into the embedded engine. */

import type { ProgramSpec } from "../../../object/spec.ts";
import type { AttachOptions, ContextInput, Link, LinkHandle, Program, RunInput, RunResult } from "../../engine.ts";
import { AttachError } from "../../errors.ts";
import { type ContextArea, type ContextLayout, checkGiven, type PlacedContext } from "../contexts/event-context.ts";
import type { Executor } from "../executor.ts";
import type { EventHandler, EventPlace, RunningEvent } from "../room/events.ts";
import { canonicalEvent } from "../room/events.ts";
import type { Place } from "../room/hook.ts";
import type { Room } from "../room/room.ts";
import { EmbeddedProgram } from "./embedded-program.ts";

/** What makes the program types on events different from each other. */
export interface EventKind {
  /** How the context of an event is laid out. */
  layout(event: string, room: Room): ContextLayout;
  /** What stands before the names of its events: `kprobe/`, `raw_tp/`, nothing. */
  prefix(spec: ProgramSpec): string;
  /** Its event where the section names none, without prefix. */
  readonly usual: string | null;
  /** An event as an example, for messages; null: programs of this type are run, not attached. */
  readonly example: string | null;
}

export class EventProgram extends EmbeddedProgram<EventLink> {
  readonly #kind: EventKind;
  readonly room: Room;

  constructor(spec: ProgramSpec, kind: EventKind, executors: readonly Executor[], room: Room, fuel: number) {
    super(spec, executors, fuel);
    this.#kind = kind;
    this.room = room;
    for (const { space } of executors) space.kernel = room.kernel;
  }

  /**
   * Runs on CPU 0, in whoever runs there (`processes.run`). `context` of the result is the context as the program left it.
   * @throws FaultError when the program is stopped; RangeError for a packet, or fields that its context does not have; MapError
   *   `closed` after its collection was disposed.
   */
  run({ packet, context = {}, repeat = 1 }: RunInput = {}): RunResult {
    if (packet !== undefined) throw new RangeError(`${this.name}: a ${this.spec.type} program runs on an event; give a context`);
    let verdict = 0;
    let left: Uint8Array | undefined;
    const layout = this.#kind.layout(this.#event(undefined) ?? this.name, this.room);
    const event: RunningEvent = { meta: {}, cookie: 0n, override: null, data: context };
    const handler: EventHandler = {
      description: this.description,
      handle: ({ data }, cpu) =>
        this.#run(layout, data, cpu, (area, { size, buffer }) => {
          if (buffer !== null) left = area.bytes.slice(buffer.start, buffer.start + buffer.size);
          else if (layout.writable) left = area.bytes.slice(area.start, area.start + size);
        }),
    };
    const duration = this.repeated(repeat, () => {
      verdict = this.room.events.run(handler, event, 0n, 0) >>> 0;
    });
    const result: RunResult = { verdict, packet: new Uint8Array(0), duration };
    return left === undefined ? result : { ...result, context: left };
  }

  async attach(options: AttachOptions = {}): Promise<Link> {
    this.checkOpen();
    const { example } = this.#kind;
    const { type, section } = this.spec;
    if (example === null)
      throw new AttachError(`${this.name}: a ${type} program is run by whoever wants it, and attached nowhere`);
    const { event: wanted, cookie = 0, frequency, position = "last" } = options;
    const event = this.#event(wanted);
    if (event === null)
      throw new AttachError(`${this.name}: its section ${section} names no event; say which one (event: "${example}")`);
    if (frequency !== undefined && type !== "perf_event")
      throw new AttachError(`${this.name}: only perf_event programs are attached by frequency; leave it out`);
    const place = this.room.events.attach(event, this.handlerOf(event), BigInt.asUintN(64, BigInt(cookie)), {
      ...(frequency === undefined ? {} : { frequency }),
      position: typeof position === "string" ? position : placeOf(position, event),
    });
    const link = new EventLink(`${type} on ${event} (embedded)`, place, this);
    this.links.add(link);
    return link;
  }

  /** Runs it at that event. */
  handlerOf(event: string): EventHandler {
    const layout = this.#kind.layout(event, this.room);
    return { description: this.description, handle: ({ data }, cpu) => this.#run(layout, data, cpu, null) };
  }

  /** The name of the event that is meant, `tcp_connect` of a kprobe program being `kprobe/tcp_connect`; null when none is. */
  #event(wanted: string | undefined): string | null {
    const prefix = this.#kind.prefix(this.spec);
    const target = wanted ?? this.spec.target ?? this.#kind.usual;
    if (target === null) return null;
    const full = canonicalEvent(target);
    return full.startsWith(prefix) ? full : prefix + target;
  }

  /** @param after sees the context before its memory is given back. */
  #run(
    layout: ContextLayout,
    data: ContextInput,
    cpu: number,
    after: ((area: ContextArea, placed: PlacedContext) => void) | null,
  ): number {
    const executor = this.executorOf(cpu);
    const { cpu: processor, space } = executor;
    return this.room.contexts.with(processor, layout, data, (area, placed) => {
      checkGiven(this.name, space.conditions, placed);
      space.contextStart = area.start;
      space.contextEnd = area.start + placed.size;
      space.contextWritable = layout.writable;
      space.packetStart = space.packetData = placed.buffer?.start ?? 0;
      space.packetEnd = placed.buffer === null ? 0 : placed.buffer.start + placed.buffer.size;
      processor.busy = true;
      try {
        const result = executor.call(area.start, this.fuel);
        after?.(area, placed);
        return result;
      } finally {
        processor.busy = false;
      }
    });
  }
}

function placeOf(position: { readonly before: LinkHandle } | { readonly after: LinkHandle }, event: string): Place<EventPlace> {
  const link = "before" in position ? position.before : position.after;
  if (!(link instanceof EventLink))
    throw new AttachError(`${event}: the position is at ${link.description}, which is on no event of this engine`);
  return "before" in position ? { before: link.place } : { after: link.place };
}

class EventLink implements Link {
  readonly description: string;
  readonly place: EventPlace;
  #program: EventProgram;

  constructor(description: string, place: EventPlace, program: EventProgram) {
    this.description = description;
    this.place = place;
    this.#program = program;
  }

  async update(program: Program): Promise<void> {
    const own = this.#program;
    if (!(program instanceof EventProgram) || program.room !== own.room || program.spec.type !== own.spec.type)
      throw new AttachError(
        `${this.description}: expected a ${own.spec.type} program of the same engine, found ${program.name} (${program.spec.type})`,
      );
    if (this.place.handler === null) throw new AttachError(`${this.description}: the link was detached; attach the program anew`);
    this.place.handler = program.handlerOf(this.place.event);
    // It is the other program's link now: closing this one's collection leaves it.
    own.links.delete(this);
    this.#program = program;
    program.links.add(this);
  }

  async detach(): Promise<void> {
    this.#program.room.events.detach(this.place);
    this.#program.links.delete(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.detach();
  }
}
