/** What the names in an expression mean in a stopped program. */

import { type Btf, openBtf } from "../../../btf/btf.ts";
import { type Codec, makeCodec } from "../../../btf/codec.ts";
import { BPF_CONSTANTS, NET_CONSTANTS } from "../../../compiler/typescript/library/constants.ts";
import { nearest } from "../../../nearest.ts";
import type { GlobalSpec } from "../../../object/spec.ts";
import type { ContextField } from "../../../uapi/contexts/struct.ts";
import type { ProgramType } from "../../../uapi/program-types.ts";
import { bytesCodec } from "../../codecs.ts";
import type { AnyMap } from "../../maps.ts";
import { type Interpreter, POSITION } from "../interpreter.ts";
import { contextFields, readField } from "./contexts.ts";
import type { Debuggee } from "./debuggee.ts";
import { ExpressionError, normal, type Scope, type Value } from "./expression.ts";
import { LAYER_NAMES, packetLayers } from "./layers.ts";
import type { SourceLines } from "./lines.ts";

const CONSTANTS: Readonly<Record<string, number>> = { ...BPF_CONSTANTS, ...NET_CONSTANTS };
const OWN_NAMES = ["pc", "line", "fp", "packet", "ctx"];

export class ProgramScope implements Scope {
  readonly #interpreter: Interpreter;
  readonly #lines: SourceLines;
  readonly #maps: Readonly<Record<string, AnyMap>>;
  readonly #types: Btf | null;
  readonly #globals: ReadonlyMap<string, GlobalSpec>;
  readonly #contextFields: readonly ContextField[];
  readonly #codecs = new Map<string, Codec>();

  constructor(interpreter: Interpreter, debuggee: Debuggee, lines: SourceLines, type: ProgramType) {
    this.#interpreter = interpreter;
    this.#lines = lines;
    this.#maps = debuggee.maps();
    this.#types = debuggee.spec.types === null ? null : openBtf(debuggee.spec.types);
    this.#globals = new Map((debuggee.spec.globals ?? []).map((global) => [global.name, global]));
    this.#contextFields = contextFields(type);
  }

  /** Everything that a name may be, for completion and for "did you mean". */
  get names(): readonly string[] {
    const registers = Array.from({ length: 11 }, (_, index) => `r${index}`);
    return [
      ...registers,
      ...OWN_NAMES,
      ...Object.keys(this.#maps),
      ...this.#globals.keys(),
      ...LAYER_NAMES,
      ...Object.keys(CONSTANTS),
    ];
  }

  register(number: number): bigint {
    const { registers } = this.#interpreter;
    return (BigInt(registers[number * 2 + 1]! >>> 0) << 32n) | BigInt(registers[number * 2]! >>> 0);
  }

  isMap(name: string): boolean {
    return Object.hasOwn(this.#maps, name);
  }

  lookup(name: string): Value {
    const pc = this.#interpreter.position[POSITION.pc]!;
    if (name === "pc") return BigInt(pc);
    if (name === "line") return BigInt(this.#lines.at(pc)?.line ?? 0);
    if (name === "fp") return this.register(10);
    if (name === "ctx") return this.context();
    if (name === "packet") return this.packetBytes();
    const global = this.#globals.get(name);
    if (global !== undefined) return this.#global(global);
    if (this.isMap(name))
      return this.#looking(() => [...this.#maps[name]!.entries()].map(([key, value]) => ({ key, value: plain(value) })));
    if (Object.hasOwn(CONSTANTS, name)) return BigInt(CONSTANTS[name]!);
    if (LAYER_NAMES.includes(name)) return this.layer(name);
    const near = nearest(name, this.names);
    throw new ExpressionError(
      `there is no ${name}${near === null ? "" : `; did you mean ${near}?`} (registers, ${OWN_NAMES.join(", ")}, maps, globals, layers of the packet, constants)`,
      -1,
      true,
    );
  }

  entry(map: string, key: unknown): Value {
    return this.#looking(() => normal(plain(this.#maps[map]!.get(key))));
  }

  /** A key that does not fit its type, or a kind of map that has no keys, is the expression's error. */
  #looking<Result>(look: () => Result): Result {
    try {
      return look();
    } catch (error) {
      throw new ExpressionError(error instanceof Error ? error.message : String(error));
    }
  }

  packet(offset: bigint): bigint {
    const bytes = this.packetBytes();
    if (offset >= BigInt(bytes.length)) throw new ExpressionError(`packet[${offset}]: the packet has ${bytes.length} bytes`);
    return BigInt(bytes[Number(offset)]!);
  }

  read(address: bigint, size: number): bigint {
    const bytes = this.bytes(address, size);
    return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }

  /** A view of the engine's memory; whatever lies within one of its regions may be looked at. */
  bytes(address: bigint, size: number): Uint8Array {
    const { memory } = this.#interpreter;
    const start = Number(address);
    const region = address >= 2n ** 32n ? undefined : memory.regionAt(start);
    if (region === undefined) throw new ExpressionError(`nothing is at 0x${address.toString(16)}`);
    const left = region.start + region.size - start;
    if (size > left)
      throw new ExpressionError(`0x${address.toString(16)}: ${left} bytes of ${region.name} are there, not ${size}`);
    return memory.bytes.subarray(start, start + size);
  }

  packetBytes(): Uint8Array {
    const { space, memory } = this.#interpreter;
    return memory.bytes.subarray(space.packetData, space.packetEnd);
  }

  /** A layer's fields by name, or undefined when the packet has none such. */
  layer(name: string): Value {
    const layer = packetLayers(this.packetBytes()).find((each) => each.name === name);
    if (layer === undefined) return undefined;
    return Object.fromEntries(layer.fields.map((field) => [field.name, field.value]));
  }

  /** Fields of the context by name, or its bytes where they have none. */
  context(): Value {
    const { space, memory } = this.#interpreter;
    const size = space.contextEnd - space.contextStart;
    const fields = this.#contextFields.filter((field) => field.offset + field.size <= size);
    if (fields.length === 0) return memory.bytes.slice(space.contextStart, space.contextEnd);
    return Object.fromEntries(fields.map((field) => [field.name, readField(memory.view, space.contextStart, field)]));
  }

  #global({ name, map, offset, size, type }: GlobalSpec): Value {
    const store = this.#interpreter.maps.find((each) => each.name === map);
    if (store === undefined) throw new ExpressionError(`${name} is a variable in ${map}, which this program does not use`);
    let codec = this.#codecs.get(name);
    if (codec === undefined) {
      codec = this.#types === null || type === 0 ? bytesCodec(size, name) : makeCodec(this.#types, type, { name });
      this.#codecs.set(name, codec);
    }
    return normal(codec.decode(this.#interpreter.memory.bytes, store.values.start + offset));
  }
}

/** Of maps and programs in maps, the name. */
function plain(value: unknown): unknown {
  return typeof value === "object" && value !== null && "spec" in value && "name" in value ? value.name : value;
}
