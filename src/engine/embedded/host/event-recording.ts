/**
 * Recordings of events: JSON, one object a line, in the order in which things happened. docs/events.md describes them for whoever
 * writes one.
 *
 *     {"recording":"events","version":1,"cpus":2,"architecture":"x86_64"}
 *     {"format":"sched/sched_switch","text":"name: sched_switch\nID: 308\n…"}
 *     {"process":{"pid":7,"comm":"bash","uid":1000,"memory":[{"address":"0x7ffd1a2b3c40","text":"/etc/passwd"}]}}
 *     {"event":"syscalls/sys_enter_openat","time":1234567890,"cpu":1,"pid":7,"fields":{"arg1":"0x7ffd1a2b3c40"}}
 */

import type { Architecture } from "../contexts/registers.ts";
import type { EventMeta } from "../room/events.ts";
import type { FieldValue } from "../room/kernel-objects.ts";
import type { PresentedRange } from "../room/presented-memory.ts";
import type { Mapping, ProcessDescription } from "../room/processes.ts";

/** A file that is no recording, or a line of it that means nothing. */
export class RecordingError extends Error {
  override readonly name = "RecordingError";
  /** From 1. */
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}

/** What is wrong with a line. */
export function wrong(line: number, why: string, options?: ErrorOptions): RecordingError {
  return new RecordingError(line, `line ${line}: ${why}`, options);
}

export interface RecordingHeader {
  /** CPUs of the machine, 1 to 256. */
  readonly cpus: number;
  readonly architecture: Architecture;
}

/** A value of an event: a context's, or an object of the kernel that is made for this event. */
export type RecordedValue =
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly address: number }
  | { readonly object: string; readonly fields: Readonly<Record<string, FieldValue>> }
  | { readonly task: number }
  | { readonly text: string }
  | readonly RecordedValue[];

export interface RecordedEvent {
  readonly event: string;
  readonly meta: EventMeta;
  /** Bytes are the context as it was. */
  readonly data: Uint8Array | Readonly<Record<string, RecordedValue>>;
}

/** What a line says. */
export type RecordedLine =
  | { readonly kind: "format"; readonly event: string; readonly text: string }
  | { readonly kind: "process"; readonly process: ProcessDescription }
  | { readonly kind: "exit"; readonly tid: number }
  | { readonly kind: "memory"; readonly ranges: readonly PresentedRange[] }
  | { readonly kind: "event"; readonly event: RecordedEvent };

/** Reads the first line. @throws RecordingError when it does not begin a recording. */
export function readHeader(line: string): RecordingHeader {
  const value = parse(line, 1);
  if (value["recording"] !== "events")
    throw wrong(1, 'expected {"recording":"events","version":1,…}; is this a recording of events?');
  if (value["version"] !== 1) throw wrong(1, `expected version 1, found ${show(value["version"])}`);
  const { cpus = 1, architecture = "x86_64" } = value;
  if (typeof cpus !== "number" || !Number.isInteger(cpus) || cpus < 1 || cpus > 256)
    throw wrong(1, `cpus: expected 1 to 256, found ${show(cpus)}`);
  if (architecture !== "x86_64" && architecture !== "arm64")
    throw wrong(1, `architecture: expected x86_64 or arm64, found ${show(architecture)}`);
  return { cpus, architecture };
}

/** Reads a line after the first. @throws RecordingError */
export function readLine(text: string, line: number): RecordedLine {
  const value = parse(text, line);
  try {
    if (typeof value["event"] === "string") return { kind: "event", event: readEvent(value["event"], value) };
    if (typeof value["format"] === "string" && typeof value["text"] === "string")
      return { kind: "format", event: value["format"], text: value["text"] };
    if (value["process"] !== undefined) return { kind: "process", process: readProcess(value["process"]) };
    if (value["exit"] !== undefined) return { kind: "exit", tid: integer(value["exit"], "exit") };
    if (value["memory"] !== undefined) return { kind: "memory", ranges: list(value["memory"], "memory").map(readRange) };
  } catch (cause) {
    if (cause instanceof RangeError) throw wrong(line, cause.message, { cause });
    throw cause;
  }
  throw wrong(line, `expected an event, format, process, exit or memory, found ${Object.keys(value).join(", ") || "nothing"}`);
}

type Json = { readonly [name: string]: unknown };

function parse(text: string, line: number): Json {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw wrong(line, `no JSON: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
  if (!isJson(value)) throw wrong(line, `expected an object, found ${show(value)}`);
  return value;
}

function readEvent(event: string, value: Json): RecordedEvent {
  const { time, cpu, pid, process, stack, ip, counter, fields = {}, bytes } = value;
  const meta: EventMeta = {
    ...(time === undefined ? {} : { time: wide(time, "time") }),
    ...(cpu === undefined ? {} : { cpu: integer(cpu, "cpu") }),
    ...(pid === undefined ? {} : { pid: integer(pid, "pid") }),
    ...(process === undefined ? {} : { process: readProcess(process) }),
    ...(ip === undefined ? {} : { ip: wide(ip, "ip") }),
    ...(stack === undefined ? {} : { stack: readStacks(stack) }),
    ...(counter === undefined ? {} : { counter: readCounter(counter) }),
  };
  if (bytes !== undefined) return { event, meta, data: fromHex(bytes, "bytes") };
  if (!isJson(fields)) throw new RangeError(`fields: expected an object, found ${show(fields)}`);
  const data = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, readValue(field, name)]));
  return { event, meta, data };
}

function readValue(value: unknown, name: string): RecordedValue {
  if (typeof value === "number" || typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((each, index) => readValue(each, `${name}[${index}]`));
  if (isJson(value)) {
    if (value["hex"] !== undefined) return fromHex(value["hex"], name);
    if (typeof value["text"] === "string") return { text: value["text"] };
    if (value["task"] !== undefined) return { task: integer(value["task"], `${name}.task`) };
    const { object, fields = {} } = value;
    if (typeof object === "string" && isJson(fields)) return { object, fields: readFields(fields) };
  }
  throw new RangeError(
    `${name}: expected a number, text, { hex }, { text }, { task } or { object, fields }, found ${show(value)}`,
  );
}

/** Fields of an object are what JSON has; bytes are `{ hex }`. */
function readFields(fields: Json): Record<string, FieldValue> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, readField(value, name)]));
}

function readField(value: unknown, name: string): FieldValue {
  if (value === null || typeof value === "number" || typeof value === "string" || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value.map((each) => readField(each, name));
  if (isJson(value)) return value["hex"] === undefined ? readFields(value) : fromHex(value["hex"], name);
  throw new RangeError(`${name}: expected a value, found ${show(value)}`);
}

function readProcess(value: unknown): ProcessDescription {
  if (!isJson(value)) throw new RangeError(`process: expected an object, found ${show(value)}`);
  const { pid, tid, uid, gid, comm, parent, cgroup, kernel, memory, mappings, task } = value;
  const numbers = Object.entries({ tid, uid, gid, parent }).flatMap(([name, number]) =>
    number === undefined ? [] : [[name, integer(number, `process.${name}`)] as const],
  );
  const texts = Object.entries({ comm, cgroup }).flatMap(([name, text]) => {
    if (text === undefined) return [];
    if (typeof text !== "string") throw new RangeError(`process.${name}: expected text, found ${show(text)}`);
    return [[name, text] as const];
  });
  if (task !== undefined && !isJson(task)) throw new RangeError(`process.task: expected an object, found ${show(task)}`);
  return {
    pid: integer(pid, "process.pid"),
    ...Object.fromEntries(numbers),
    ...Object.fromEntries(texts),
    ...(kernel === undefined ? {} : { kernel: kernel === true }),
    ...(memory === undefined ? {} : { memory: list(memory, "process.memory").map(readRange) }),
    ...(mappings === undefined ? {} : { mappings: list(mappings, "process.mappings").map(readMapping) }),
    ...(task === undefined ? {} : { task: readFields(task) }),
  };
}

function readRange(value: unknown): PresentedRange {
  if (!isJson(value)) throw new RangeError(`memory: expected { address, hex } or { address, text }, found ${show(value)}`);
  const { address, text, hex } = value;
  // Text of a process ends with a NUL.
  const bytes = typeof text === "string" ? new TextEncoder().encode(`${text}\0`) : fromHex(hex, "memory.hex");
  return { address: wide(address, "memory.address"), bytes };
}

function readMapping(value: unknown): Mapping {
  if (!isJson(value)) throw new RangeError(`mappings: expected an object, found ${show(value)}`);
  const place = (name: "start" | "end" | "offset") => wide(value[name], `mappings.${name}`);
  return {
    start: place("start"),
    end: place("end"),
    offset: place("offset"),
    buildId: fromHex(value["buildId"], "mappings.buildId"),
  };
}

function readStacks(value: unknown): NonNullable<EventMeta["stack"]> {
  if (!isJson(value)) throw new RangeError(`stack: expected { kernel, user }, found ${show(value)}`);
  const side = (name: "kernel" | "user") =>
    value[name] === undefined
      ? {}
      : { [name]: list(value[name], `stack.${name}`).map((address) => wide(address, `stack.${name}`)) };
  return { ...side("kernel"), ...side("user") };
}

function readCounter(value: unknown): NonNullable<EventMeta["counter"]> {
  if (!isJson(value)) throw new RangeError(`counter: expected { counter, enabled, running }, found ${show(value)}`);
  const part = (name: string) => wide(value[name], `counter.${name}`);
  return { counter: part("counter"), enabled: part("enabled"), running: part("running") };
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function list(value: unknown, name: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new RangeError(`${name}: expected an array, found ${show(value)}`);
}

function integer(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isInteger(value)) return value;
  throw new RangeError(`${name}: expected a whole number, found ${show(value)}`);
}

/** A number, or text of one: JSON's numbers are exact up to 2^53 only. */
function wide(value: unknown, name: string): bigint {
  if (typeof value === "string" && /^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(value)) return BigInt(value);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new RangeError(`${name}: expected a number, or text like "0x7ffd1a2b3c40", found ${show(value)}`);
}

function fromHex(value: unknown, name: string): Uint8Array {
  if (typeof value !== "string" || value.length % 2 !== 0 || /[^0-9a-f]/i.test(value))
    throw new RangeError(`${name}: expected hexadecimal digits, two a byte, found ${show(value)}`);
  return Uint8Array.from({ length: value.length / 2 }, (_, index) => Number.parseInt(value.slice(index * 2, index * 2 + 2), 16));
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}
