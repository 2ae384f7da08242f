/**
 * Writes WebAssembly modules in binary form: as much of the format as generated programs need.
 *
 * Source: WebAssembly Core Specification 2.0, §5 (binary format); atomics from the threads proposal. Opcodes are data
 * (`OP`); a function body is bytes that its author appends one after the other, because a program of a hundred thousand
 * instructions must be written in milliseconds.
 */

/** Types of values. */
export const I32 = 0x7f;
export const I64 = 0x7e;
export const F64 = 0x7c;
const FUNCREF = 0x70;
/** Type of a block that leaves nothing. */
export const VOID = 0x40;

/** V8 and SpiderMonkey refuse a function whose body is longer (`kV8MaxWasmFunctionSize`). */
export const LONGEST_BODY = 7_654_321;

/** Opcodes of one byte (§5.4). */
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Load: 0x28,
  i64Load: 0x29,
  f64Load: 0x2b,
  i32Load8S: 0x2c,
  i32Load8U: 0x2d,
  i32Load16S: 0x2e,
  i32Load16U: 0x2f,
  i64Load8S: 0x30,
  i64Load8U: 0x31,
  i64Load16S: 0x32,
  i64Load16U: 0x33,
  i64Load32S: 0x34,
  i64Load32U: 0x35,
  i32Store: 0x36,
  i64Store: 0x37,
  f64Store: 0x39,
  i32Store8: 0x3a,
  i32Store16: 0x3b,
  i64Store8: 0x3c,
  i64Store16: 0x3d,
  i64Store32: 0x3e,
  i32Const: 0x41,
  i64Const: 0x42,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GtU: 0x4b,
  i32LeS: 0x4c,
  i32LeU: 0x4d,
  i32GeS: 0x4e,
  i32GeU: 0x4f,
  i64Eqz: 0x50,
  i64Eq: 0x51,
  i64Ne: 0x52,
  i64LtS: 0x53,
  i64LtU: 0x54,
  i64GtS: 0x55,
  i64GtU: 0x56,
  i64LeS: 0x57,
  i64LeU: 0x58,
  i64GeS: 0x59,
  i64GeU: 0x5a,
  i32Clz: 0x67,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivS: 0x6d,
  i32DivU: 0x6e,
  i32RemS: 0x6f,
  i32RemU: 0x70,
  i32And: 0x71,
  i32Or: 0x72,
  i32Xor: 0x73,
  i32Shl: 0x74,
  i32ShrS: 0x75,
  i32ShrU: 0x76,
  i32Rotl: 0x77,
  i64Add: 0x7c,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64DivS: 0x7f,
  i64DivU: 0x80,
  i64RemS: 0x81,
  i64RemU: 0x82,
  i64And: 0x83,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrS: 0x87,
  i64ShrU: 0x88,
  i64Rotl: 0x89,
  wrap: 0xa7,
  extendS: 0xac,
  extendU: 0xad,
  /** f64.convert_i64_s */
  f64FromI64: 0xb9,
  i32Extend8S: 0xc0,
  i32Extend16S: 0xc1,
  i64Extend8S: 0xc2,
  i64Extend16S: 0xc3,
  i64Extend32S: 0xc4,
  /** Prefixes: a LEB128 number follows. */
  bulk: 0xfc,
  atomic: 0xfe,
} as const;

/** After `OP.bulk`: `memory.copy`, `memory.fill`; `i64.trunc_sat_f64_s`. */
export const MEMORY_COPY = 10;
export const MEMORY_FILL = 11;
export const TRUNCATE = 6;

/** A growing array of bytes, and the numbers of the format. */
export class ByteWriter {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.#grow(1);
    this.bytes[this.length++] = value;
  }

  /** LEB128, 0 … 2^32 - 1. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of an i32; a sign-extended i64 of that value is the same bytes. */
  signed(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>= 7;
    }
    this.byte(rest & 0x7f);
  }

  /** Signed LEB128 of an i64 in two i32 halves. */
  signed64(low: number, high: number): void {
    let l = low | 0;
    let h = high | 0;
    while (h !== l >> 31 || l < -64 || l > 63) {
      this.byte((l & 0x7f) | 0x80);
      l = (l >>> 7) | (h << 25);
      h >>= 7;
    }
    this.byte(l & 0x7f);
  }

  /** A vector of bytes: its length, then itself. */
  name(text: string): void {
    const bytes = new TextEncoder().encode(text);
    this.unsigned(bytes.length);
    this.append(bytes);
  }

  append(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.bytes.length) this.#grow(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What was written; a view. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  #grow(by: number): void {
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + by));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

interface FunctionBody {
  /** Local variables behind the parameters, as runs of one type. */
  readonly locals: readonly (readonly [count: number, type: number])[];
  /** Ends with `OP.end`. */
  readonly code: Uint8Array;
}

/** A module in the making: first all imports, then functions, whose indexes follow those of the imports. */
export class ModuleWriter {
  readonly #types: Uint8Array[] = [];
  readonly #typeIndex = new Map<string, number>();
  readonly #imports = new ByteWriter(256);
  #importCount = 0;
  #importedFunctions = 0;
  #importedGlobals = 0;
  readonly #functions: number[] = [];
  readonly #globals: number[] = [];
  readonly #bodies: (FunctionBody | undefined)[] = [];
  /** Tables that are imported: the module's own comes after them. */
  #importedTables = 0;
  readonly #exports: { readonly name: string; readonly index: number }[] = [];
  #table: readonly number[] = [];

  /** The index of a function type. */
  type(params: readonly number[], results: readonly number[]): number {
    const key = `${params.join()}:${results.join()}`;
    const known = this.#typeIndex.get(key);
    if (known !== undefined) return known;
    const index = this.#types.length;
    this.#types.push(Uint8Array.of(0x60, params.length, ...params, results.length, ...results));
    this.#typeIndex.set(key, index);
    return index;
  }

  /** The index of the function. */
  importFunction(name: string, params: readonly number[], results: readonly number[]): number {
    const type = this.type(params, results);
    this.#import(name, 0);
    this.#imports.unsigned(type);
    return this.#importedFunctions++;
  }

  /** Sizes in pages of 64 KiB. */
  importMemory(name: string, pages: number, shared: boolean): void {
    this.#import(name, 2);
    this.#imports.byte(shared ? 3 : 1);
    this.#imports.unsigned(pages);
    this.#imports.unsigned(pages);
  }

  /** A table of functions, of any size. */
  importTable(name: string): void {
    this.#import(name, 1);
    this.#imports.append(Uint8Array.of(FUNCREF, 0, 0));
    this.#importedTables++;
  }

  /** The index of an i32 that never changes. */
  importGlobal(name: string): number {
    this.#import(name, 3);
    this.#imports.byte(I32);
    this.#imports.byte(0);
    return this.#importedGlobals++;
  }

  /** The index of a variable that begins as 0; all globals are imported before. */
  global(type: number): number {
    this.#globals.push(type);
    return this.#importedGlobals + this.#globals.length - 1;
  }

  /** Announces a function; its body comes by `body`. */
  function(params: readonly number[], results: readonly number[]): number {
    this.#functions.push(this.type(params, results));
    return this.#importedFunctions + this.#functions.length - 1;
  }

  body(index: number, locals: FunctionBody["locals"], code: Uint8Array): void {
    this.#bodies[index - this.#importedFunctions] = { locals, code };
  }

  exportFunction(name: string, index: number): void {
    this.#exports.push({ name, index });
  }

  /** The functions that `callIndirect` finds at 0, 1, … of a table of the module's own; its index. */
  table(functions: readonly number[]): number {
    this.#table = functions;
    return this.#importedTables;
  }

  /** The module, and by function index where its code begins in it. */
  finish(): { readonly bytes: Uint8Array<ArrayBuffer>; readonly codeStart: readonly number[] } {
    const size = this.#bodies.reduce((sum, body) => sum + (body?.code.length ?? 0) + 64, 1024 + this.#imports.length);
    const out = new ByteWriter(size);
    out.append(Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00));
    section(out, 1, this.#types.length, (to) => {
      for (const type of this.#types) to.append(type);
    });
    section(out, 2, this.#importCount, (to) => to.append(this.#imports.finish()));
    section(out, 3, this.#functions.length, (to) => {
      for (const type of this.#functions) to.unsigned(type);
    });
    if (this.#table.length > 0) {
      section(out, 4, 1, (to) => {
        to.byte(FUNCREF);
        to.byte(1);
        to.unsigned(this.#table.length);
        to.unsigned(this.#table.length);
      });
    }
    section(out, 6, this.#globals.length, (to) => {
      for (const type of this.#globals) to.append(Uint8Array.of(type, 1, type === I64 ? OP.i64Const : OP.i32Const, 0, OP.end));
    });
    section(out, 7, this.#exports.length, (to) => {
      for (const { name, index } of this.#exports) {
        to.name(name);
        to.byte(0);
        to.unsigned(index);
      }
    });
    if (this.#table.length > 0) {
      section(out, 9, 1, (to) => {
        to.append(Uint8Array.of(2, this.#importedTables, OP.i32Const, 0, OP.end, 0));
        to.unsigned(this.#table.length);
        for (const index of this.#table) to.unsigned(index);
      });
    }
    return { bytes: out.bytes.slice(0, this.#code(out)), codeStart: this.#starts };
  }

  readonly #starts: number[] = [];

  /** The code section; how long the module then is. */
  #code(out: ByteWriter): number {
    const functions = this.#functions.map((_, at) => {
      const body = this.#bodies[at];
      if (body === undefined) throw new TypeError(`function ${at + this.#importedFunctions} has no body`);
      const locals = new ByteWriter(16);
      locals.unsigned(body.locals.length);
      for (const [count, type] of body.locals) {
        locals.unsigned(count);
        locals.byte(type);
      }
      const size = new ByteWriter(8);
      size.unsigned(locals.length + body.code.length);
      return { size: size.finish(), locals: locals.finish(), code: body.code };
    });
    const count = new ByteWriter(8);
    count.unsigned(functions.length);
    out.byte(10);
    out.unsigned(
      functions.reduce((sum, { size, locals, code }) => sum + size.length + locals.length + code.length, count.length),
    );
    out.append(count.finish());
    functions.forEach(({ size, locals, code }, at) => {
      out.append(size);
      out.append(locals);
      this.#starts[at + this.#importedFunctions] = out.length;
      out.append(code);
    });
    return out.length;
  }

  #import(name: string, kind: number): void {
    this.#imports.name("skep");
    this.#imports.name(name);
    this.#imports.byte(kind);
    this.#importCount++;
  }
}

/** One section: its number, its size, the count of its items, the items. Nothing when there are none. */
function section(out: ByteWriter, id: number, count: number, write: (to: ByteWriter) => void): void {
  if (count === 0) return;
  const items = new ByteWriter(256);
  items.unsigned(count);
  write(items);
  out.byte(id);
  out.unsigned(items.length);
  out.append(items.finish());
}
