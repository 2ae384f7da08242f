/**
 * Contexts of tracepoints: the record that the event writes to a trace buffer, whose fields a format of tracefs describes
 * (`events/CATEGORY/NAME/format`). Such a text is all that the engine must know of a tracepoint.
 */

import type { ContextInput, ContextValue } from "../../engine.ts";
import { type ContextArea, type ContextLayout, copyBytes, describe, toWord, unknownField, writeWord } from "./event-context.ts";

export interface TracepointField {
  readonly name: string;
  /** As C declares it, without the name: `const char *`, `char[16]`, `__data_loc char[]`. */
  readonly type: string;
  /** Bytes. */
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  /**
   * `data`: the field is a u32 that says where, from the start of the record (`__data_loc`) or the end of the field (`__rel_loc`),
   * bytes of any length are.
   */
  readonly kind: "number" | "bytes" | "data" | "relative-data";
}

export interface TracepointFormat {
  /** `sched_switch`. */
  readonly name: string;
  /** `common_type` of its records; differs from machine to machine. */
  readonly id: number;
  readonly fields: ReadonlyMap<string, TracepointField>;
  /** Bytes of all fields: where data of any length begins. */
  readonly size: number;
  /** Whether there are fields of any length. */
  readonly hasData: boolean;
}

const FIELD = /^\tfield:(.*?);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:([01]);)?\s*$/;

/**
 * Reads the text of a `format` file.
 * @throws RangeError when it is none: no name, a line that is no field, fields beyond a page.
 */
export function parseFormat(text: string): TracepointFormat {
  const name = /^name: (\S+)$/m.exec(text)?.[1];
  const id = Number(/^ID: (\d+)$/m.exec(text)?.[1] ?? Number.NaN);
  if (name === undefined || !Number.isInteger(id))
    throw new RangeError("format of a tracepoint: expected `name:` and `ID:`, as the files of tracefs have them");
  const fields = new Map<string, TracepointField>();
  let end = 0;
  for (const line of text.split("\n")) {
    if (!line.startsWith("\tfield:")) continue;
    const [, declaration, offset, size, signed] = FIELD.exec(line) ?? [];
    const field = declaration === undefined ? null : parseField(declaration, Number(offset), Number(size), signed === "1");
    if (field === null || field.offset + field.size > 8192)
      throw new RangeError(`format of ${name}: expected a field with offset and size, found ${JSON.stringify(line.trim())}`);
    fields.set(field.name, field);
    end = Math.max(end, field.offset + field.size);
  }
  const hasData = [...fields.values()].some(({ kind }) => kind === "data" || kind === "relative-data");
  return { name, id, fields, size: end, hasData };
}

function parseField(declaration: string, offset: number, size: number, signed: boolean): TracepointField | null {
  // `char comm[16]`, `__data_loc char[] name`, `const char * filename`, `int (*fn)(void)`
  const [, before, name, dimension = ""] = /^(.*?)\b(\w+)((?:\[[^\]]*\])*)$/.exec(declaration.trim()) ?? [];
  if (before === undefined || name === undefined) return null;
  const type = before.trim() + dimension;
  const kind = type.startsWith("__data_loc")
    ? "data"
    : type.startsWith("__rel_loc")
      ? "relative-data"
      : dimension !== "" || ![1, 2, 4, 8].includes(size)
        ? "bytes"
        : "number";
  return { name, type, offset, size, signed, kind };
}

const COMMON: readonly TracepointField[] = [
  { name: "common_type", type: "unsigned short", offset: 0, size: 2, signed: false, kind: "number" },
  { name: "common_flags", type: "unsigned char", offset: 2, size: 1, signed: false, kind: "number" },
  { name: "common_preempt_count", type: "unsigned char", offset: 3, size: 1, signed: false, kind: "number" },
  { name: "common_pid", type: "int", offset: 4, size: 4, signed: true, kind: "number" },
];

const CALL = (index: number): TracepointField => ({
  name: `arg${index}`,
  type: "unsigned long",
  offset: 16 + index * 8,
  size: 8,
  signed: false,
  kind: "number",
});
const NUMBER: TracepointField = { name: "__syscall_nr", type: "int", offset: 8, size: 4, signed: true, kind: "number" };

/** What every system call's entry and exit have, however its arguments are called (kernel/trace/trace_syscalls.c). */
const SYSCALL_ENTER = plain("sys_enter", [NUMBER, ...[0, 1, 2, 3, 4, 5].map(CALL)]);
const SYSCALL_EXIT = plain("sys_exit", [
  NUMBER,
  { name: "ret", type: "long", offset: 16, size: 8, signed: true, kind: "number" },
]);

function plain(name: string, own: readonly TracepointField[]): TracepointFormat {
  const fields = new Map([...COMMON, ...own].map((field) => [field.name, field]));
  return { name, id: 0, fields, size: Math.max(...own.map(({ offset, size }) => offset + size)), hasData: false };
}

/** Formats that need no description: system calls, with their arguments as `arg0` to `arg5`. */
export function builtInFormat(event: string): TracepointFormat | null {
  if (event.startsWith("syscalls/sys_enter_")) return SYSCALL_ENTER;
  return event.startsWith("syscalls/sys_exit_") ? SYSCALL_EXIT : null;
}

const encoder = new TextEncoder();
const NO_BYTES = new Uint8Array(0);

/** @param find asks for the format each time, as it may be described later; null: its context can be given as bytes only. */
export function tracepointLayout(event: string, find: (event: string) => TracepointFormat | null): ContextLayout {
  const described = (): TracepointFormat => {
    const format = find(event);
    if (format !== null) return format;
    throw new RangeError(
      `${event}: nobody described its fields; give the text of its format file (room: { formats }), or the context as bytes`,
    );
  };
  return {
    writable: false,
    capacity(input) {
      if (input instanceof Uint8Array) return input.length;
      const { fields, size, hasData } = described();
      if (!hasData) return size;
      let total = size;
      for (const [name, value] of Object.entries(input)) {
        const kind = fields.get(name)?.kind;
        if (kind === "data" || kind === "relative-data") total += bytesOf(value, name).length + 4;
      }
      return total;
    },
    write(input, area) {
      if (input instanceof Uint8Array) return copyBytes(input, area);
      return { size: writeRecord(described(), input, area), buffer: null };
    },
  };
}

function writeRecord(format: TracepointFormat, input: Exclude<ContextInput, Uint8Array>, area: ContextArea): number {
  const { view, bytes, start, cpu } = area;
  const { fields } = format;
  if (fields.has("common_type")) view.setUint16(start, format.id, true);
  if (fields.has("common_pid")) view.setInt32(start + 4, cpu.room.processes.current(cpu.id).tid, true);
  let end = format.size;
  const given = Object.entries(input);
  for (const [name, value] of given) {
    const field = fields.get(name);
    if (field === undefined) throw unknownField(name, fields.keys(), `tracepoint ${format.name}`);
    const at = start + field.offset;
    switch (field.kind) {
      case "number":
        writeNumber(view, at, field, value);
        break;
      case "bytes": {
        const content = Array.isArray(value) ? elements(field, value) : bytesOf(value, name);
        if (content.length > field.size)
          throw new RangeError(`${name}: expected at most ${field.size} bytes, found ${content.length}`);
        bytes.set(content, at);
        // Text that fills its field has no room for its NUL; the kernel puts one at the end all the same.
        if (typeof value === "string" && field.type.startsWith("char[")) bytes[at + field.size - 1] = 0;
        break;
      }
      default: {
        const content = bytesOf(value, name);
        // A NUL belongs to text.
        const length = content.length + (typeof value === "string" ? 1 : 0);
        bytes.set(content, start + end);
        const origin = field.kind === "data" ? 0 : field.offset + 4;
        view.setUint32(at, (length << 16) | (end - origin), true);
        end += length;
      }
    }
  }
  return end;
}

function writeNumber(view: DataView, at: number, { name, size, type }: TracepointField, value: ContextValue): void {
  const bits = size * 8;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= -(2 ** (bits - 1)) && value < 2 ** bits) {
    if (size === 8) writeWord(view, at, value, name);
    else if (size === 4) view.setInt32(at, value, true);
    else if (size === 2) view.setInt16(at, value, true);
    else view.setInt8(at, value);
    return;
  }
  const wide = toWord(value, name);
  const signed = BigInt.asIntN(64, wide);
  if (wide >= 1n << BigInt(bits) && signed < -(1n << BigInt(bits - 1)))
    throw new RangeError(`${name} (${type}): expected ${bits} bits, found ${describe(value)}`);
  for (let index = 0, rest = wide; index < size; index++, rest >>= 8n) view.setUint8(at + index, Number(rest & 0xffn));
}

/** `args` of raw_syscalls/sys_enter: six numbers. */
function elements(field: TracepointField, values: readonly ContextValue[]): Uint8Array {
  const count = Number(/\[(\d+)\]/.exec(field.type)?.[1] ?? 0);
  const size = count === 0 ? 0 : field.size / count;
  if (![1, 2, 4, 8].includes(size) || values.length > count)
    throw new RangeError(`${field.name} (${field.type}): expected at most ${count} numbers, found ${values.length}`);
  const bytes = new Uint8Array(field.size);
  const view = new DataView(bytes.buffer);
  const element = { ...field, size };
  values.forEach((value, index) => {
    writeNumber(view, index * size, element, value);
  });
  return bytes;
}

function bytesOf(value: ContextValue, name: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return value === "" ? NO_BYTES : encoder.encode(value);
  throw new RangeError(`${name}: expected text or bytes, found ${describe(value)}`);
}
