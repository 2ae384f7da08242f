/**
 * What a log says of registers and stack: `R1=ctx() R2_w=scalar(umax=255,var_off=(0x0; 0xff)) fp-8=mmmm???? refs=2`, in the
 * notations of kernels from 5.4 on (`inv` for numbers, `_w` and `_r` for liveness, `off=` and `imm=` where they are 0).
 */

export interface LogValue {
  /** As it stands there, without the mark of precision. */
  readonly text: string;
  /** `scalar`, `ctx`, `pkt`, `map_value_or_null`, `fp`, …; `bytes` for a stack slot that holds no register. */
  readonly type: string;
  /** What stands in the parentheses: `umax=smax=255` gives both. */
  readonly fields: ReadonlyMap<string, string>;
}

export interface LogState {
  /** Number of the frame, 0 the main function's. */
  readonly frame: number;
  /** By `r0` … `r10`, `fp-8` … */
  readonly values: ReadonlyMap<string, LogValue>;
  /** Ids of the references held, or null when the log does not say. */
  readonly references: readonly string[] | null;
}

const NAME = /^(?:R(\d+)|fp(-\d+))(?:_[rwD]+)?$/;

/** Null when the text is no state. */
export function parseState(text: string): LogState | null {
  let rest = text.trim();
  let frame = 0;
  const framed = /^frame(\d+):\s*/.exec(rest);
  if (framed !== null) {
    frame = Number(framed[1]);
    rest = rest.slice(framed[0].length);
  }
  const values = new Map<string, LogValue>();
  let references: readonly string[] | null = null;
  let known = framed !== null;
  for (const token of tokens(rest)) {
    const equals = token.indexOf("=");
    if (equals < 0) {
      if (token === "cb" || token === "async_cb") continue;
      return known ? { frame, values, references } : null;
    }
    const name = token.slice(0, equals);
    const value = token.slice(equals + 1);
    if (name === "refs") {
      references = value.split(",");
      known = true;
      continue;
    }
    const match = NAME.exec(name);
    if (match === null) {
      if (!known) return null;
      continue;
    }
    known = true;
    values.set(match[1] === undefined ? `fp${match[2]}` : `r${match[1]}`, parseValue(value));
  }
  return known ? { frame, values, references } : null;
}

/** Words, where spaces within parentheses do not part them. */
function* tokens(text: string): Generator<string> {
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === "(") depth++;
    else if (character === ")") depth--;
    if (character !== undefined && (character !== " " || depth > 0)) continue;
    if (at > start) yield text.slice(start, at);
    start = at + 1;
  }
}

const BYTES = /^[?mz0ridfD]{8}$/;
const NUMBER = /^-?(?:0x[0-9a-f]+|\d+)$/;
/** What numbers were called before 5.18, and when they are precise. */
const SCALAR = /^(?:inv|invP|Pscalar|imm)$/;

function parseValue(given: string): LogValue {
  const text = given.replace(/^P(?=-?\d|scalar|0x)/, "");
  const empty: ReadonlyMap<string, string> = new Map();
  if (BYTES.test(text) && !NUMBER.test(text.replace(/^0+(?=\d)/, ""))) return { text, type: "bytes", fields: empty };
  if (text === "00000000") return { text, type: "bytes", fields: empty };
  const old = /^inv(?:P)?(-?\d+)$/.exec(text);
  if (old !== null) return { text: old[1]!, type: "scalar", fields: empty };
  if (NUMBER.test(text)) return { text, type: "scalar", fields: empty };
  // Before 4.20 with the call that the frame is of.
  const stack = /^fp(-?\d+)(?:,call_-?\d+)?$/.exec(text);
  if (stack !== null) return { text, type: "fp", fields: new Map([["off", stack[1]!]]) };
  const open = text.indexOf("(");
  if (open < 0) return { text, type: SCALAR.test(text) ? "scalar" : text, fields: empty };
  const name = text.slice(0, open);
  return { text, type: SCALAR.test(name) ? "scalar" : name, fields: parseFields(text.slice(open + 1, text.lastIndexOf(")"))) };
}

function parseFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let depth = 0;
  let start = 0;
  for (let at = 0; at <= text.length; at++) {
    const character = text[at];
    if (character === "(") depth++;
    else if (character === ")") depth--;
    if (character !== undefined && (character !== "," || depth > 0)) continue;
    // `smax=umax=255`: all names but the last part of it have its value.
    const parts = text.slice(start, at).split("=");
    const value = parts.pop() ?? "";
    for (const part of parts) fields.set(part.trim(), value.trim());
    // A type's offset without a name: `trusted_ptr_task_struct(off=8)` has one, older `map_value(+4)` has not.
    start = at + 1;
  }
  return fields;
}

export function isScalar(value: LogValue): boolean {
  return value.type === "scalar";
}

export function isPointer(value: LogValue): boolean {
  return value.type !== "scalar" && value.type !== "bytes";
}

export function mayBeNull(value: LogValue): boolean {
  return value.type.includes("_or_null");
}

function integer(text: string | undefined): bigint | null {
  if (text === undefined) return null;
  const match = /^(-?)(0x[0-9a-f]+|\d+)$/.exec(text);
  if (match === null) return null;
  const magnitude = BigInt(match[2]!);
  return match[1] === "-" ? -magnitude : magnitude;
}

/** A number that is known, else null. */
export function constantOf(value: LogValue): bigint | null {
  return value.type === "scalar" && value.fields.size === 0 ? integer(value.text) : null;
}

/** Signed limits, and the unsigned upper one; null where nothing is known. */
export interface Range {
  readonly smin: bigint | null;
  readonly smax: bigint | null;
  readonly umin: bigint | null;
  readonly umax: bigint | null;
}

export function rangeOf(value: LogValue): Range {
  const constant = constantOf(value);
  if (constant !== null) {
    const unsigned = BigInt.asUintN(64, constant);
    return { smin: constant, smax: constant, umin: unsigned, umax: unsigned };
  }
  const field = (...names: string[]) => {
    for (const name of names) {
      const found = integer(value.fields.get(name));
      if (found !== null) return found;
    }
    return null;
  };
  return {
    smin: field("smin", "smin_value"),
    smax: field("smax", "smax_value"),
    umin: field("umin", "umin_value"),
    umax: field("umax", "umax_value"),
  };
}

/** Pointers: the constant part of the offset. */
export function offsetOf(value: LogValue): number {
  return Number(integer(value.fields.get("off")) ?? 0n) + Number(integer(value.fields.get("imm")) ?? 0n);
}
