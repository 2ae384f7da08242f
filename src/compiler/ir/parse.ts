/**
 * Reads the text that `print.ts` writes. Blank lines and comments (from `;` to the end) are allowed, so that tests
 * can be read. What is read is not verified: see `verify.ts`.
 */

import { CORE_KINDS, type CoreKind } from "../../object/spec.ts";
import { IrError } from "./errors.ts";
import type {
  AtomicOp,
  BinaryOp,
  Block,
  Callee,
  Condition,
  CoreAccess,
  Instruction,
  IrFunction,
  Location,
  StackSlot,
  Target,
  Terminator,
  Type,
  Value,
  Width,
} from "./ir.ts";
import { branchOf } from "./operands.ts";

const BINARY: ReadonlySet<string> = new Set<BinaryOp>([
  "add",
  "sub",
  "mul",
  "udiv",
  "sdiv",
  "umod",
  "smod",
  "and",
  "or",
  "xor",
  "shl",
  "lshr",
  "ashr", // biome-ignore format: a table
]);
const CONDITIONS: ReadonlySet<string> = new Set<Condition>([
  "eq",
  "ne",
  "ult",
  "ule",
  "ugt",
  "uge",
  "slt",
  "sle",
  "sgt",
  "sge",
  "set", // biome-ignore format: a table
]);
const ATOMICS: ReadonlySet<string> = new Set<AtomicOp>(["add", "and", "or", "xor", "exchange", "compare-exchange"]);

/** @throws IrError that names the line. */
export function parseFunction(text: string): IrFunction {
  return new Parser(text).parse();
}

class Parser {
  readonly #lines: { readonly number: number; readonly text: string }[];
  readonly #values: Type[] = [];
  readonly #slots: StackSlot[] = [];
  readonly #blocks: Block[] = [];
  #name = "function";
  #line = 0;

  constructor(text: string) {
    this.#lines = text
      .split("\n")
      .map((line, index) => ({ number: index + 1, text: line.replace(/;.*$/, "").trim() }))
      .filter((line) => line.text !== "");
  }

  parse(): IrFunction {
    const [header, ...body] = this.#lines;
    const [, name, parameters, result] = this.#match(
      header,
      /^function ([\w$.]+)\((.*)\)(?: -> (\w+))? \{$/,
      "function NAME(…) {",
    );
    this.#name = name!;
    const list = this.#definitions(parameters!);
    let instructions: Instruction[] | null = null;
    let label: Value[] = [];
    for (const line of body) {
      this.#line = line.number;
      if (line.text === "}") break;
      const located = /^(.*?)(?: @(?:(\S+):)?(\d+):(\d+))?$/.exec(line.text)!;
      const [, text, file, row, column] = located;
      const place = { line: Number(row), column: Number(column) };
      const location = row === undefined ? null : file === undefined ? place : { file, ...place };
      const slot = /^slot (\d+): (\d+) align ([1248]) (".*")$/.exec(text!);
      const block = /^b(\d+)(?:\((.*)\))?:$/.exec(line.text);
      if (slot !== null) {
        this.#expectNext(Number(slot[1]), this.#slots.length, "slot");
        this.#slots.push({ size: Number(slot[2]), align: Number(slot[3]), name: JSON.parse(slot[4]!) as string, location });
      } else if (block !== null) {
        if (instructions !== null) this.#fail("a block without terminator");
        this.#expectNext(Number(block[1]), this.#blocks.length, "block");
        label = this.#definitions(block[2] ?? "");
        instructions = [];
      } else if (instructions === null) {
        this.#fail(`expected a block, found ${line.text}`);
      } else {
        const terminator = this.#terminator(text!, location);
        if (terminator === null) {
          instructions.push(this.#instruction(text!, location));
        } else {
          this.#blocks.push({ parameters: label, instructions, terminator });
          instructions = null;
        }
      }
    }
    if (instructions !== null) this.#fail("a block without terminator");
    return {
      name: this.#name,
      parameters: list,
      result: result === undefined ? null : this.#type(result),
      blocks: this.#blocks,
      values: this.#values,
      slots: this.#slots,
    };
  }

  #terminator(text: string, location: Location | null): Terminator | null {
    const jump = /^jump (.*)$/.exec(text);
    if (jump !== null) return { kind: "jump", target: this.#target(jump[1]!), location };
    const branch = /^branch\.(\w+) v(\d+), v(\d+) \? (.*) : (.*)$/.exec(text);
    if (branch !== null) {
      const [, condition, left, right, taken, other] = branch;
      return branchOf(
        this.#condition(condition!),
        Number(left),
        Number(right),
        this.#target(taken!),
        this.#target(other!),
        location,
      );
    }
    const exit = /^return(?: v(\d+))?$/.exec(text);
    return exit === null ? null : { kind: "return", value: exit[1] === undefined ? null : Number(exit[1]), location };
  }

  #instruction(text: string, location: Location | null): Instruction {
    const [, value, type, body] = /^(?:v(\d+): (\w+) = )?(.*)$/.exec(text)!;
    if (value === undefined) return this.#effect(body!, null, location);
    const result = this.#define(Number(value), this.#type(type!));
    if (body === "loop-budget") return { kind: "loop-budget", result, location };
    const [, operation, rest] = /^(\S+) (.*)$/.exec(body!) ?? this.#fail(`expected an instruction, found ${body}`);
    const [name, detail] = operation!.split(".") as [string, string | undefined];
    if (BINARY.has(name)) {
      const [left, right] = this.#operands(rest!, 2);
      return { kind: "binary", result, op: name as BinaryOp, left: left!, right: right!, location };
    }
    switch (name) {
      case "const":
        return { kind: "const", result, value: BigInt(rest!), location };
      case "be16":
      case "be32":
      case "be64":
        return {
          kind: "to-big",
          result,
          bits: Number(name.slice(2)) as 16 | 32 | 64,
          operand: this.#operands(rest!, 1)[0]!,
          location,
        };
      case "extend": {
        const { sign, bits } = this.#width(detail);
        return { kind: "extend", result, sign, from: bits as 8 | 16 | 32, operand: this.#operands(rest!, 1)[0]!, location };
      }
      case "compare": {
        const [left, right] = this.#operands(rest!, 2);
        return { kind: "compare", result, condition: this.#condition(detail ?? ""), left: left!, right: right!, location };
      }
      case "load": {
        const { sign, bits } = this.#width(detail);
        const { text: place, core } = this.#core(rest!);
        const given = core === null ? {} : { core };
        return { kind: "load", result, width: (bits / 8) as Width, sign, ...this.#memory(place), ...given, location };
      }
      case "field-address": {
        const { text: place, core } = this.#core(rest!);
        if (core === null) this.#fail("expected core TYPE PATH");
        return { kind: "field-address", result, ...this.#memory(place), core, location };
      }
      case "core-value": {
        const { text: number, core } = this.#core(rest!);
        if (core === null) this.#fail("expected core TYPE PATH");
        const what = CORE_KINDS.find((kind) => kind === detail) ?? this.#fail(`no CO-RE record is called ${detail}`);
        return { kind: "core-value", result, what: what satisfies CoreKind, core, value: BigInt(number), location };
      }
      case "function-address":
        return { kind: "function-address", result, function: rest!, location };
      case "ksym":
        return { kind: "ksym", result, name: rest!, typed: detail !== "untyped", location };
      case "address-space-cast": {
        if (detail !== "kernel" && detail !== "user") this.#fail(`expected kernel or user, found ${detail}`);
        return { kind: "address-space-cast", result, to: detail, operand: this.#operands(rest!, 1)[0]!, location };
      }
      case "slot":
        return { kind: "slot", result, slot: Number(rest), location };
      case "map":
        return { kind: "map", result, map: rest!, location };
      case "map-value": {
        const [, map, offset] = /^(\S+) \+ (\d+)$/.exec(rest!) ?? this.#fail("expected MAP + OFFSET");
        return { kind: "map-value", result, map: map!, offset: Number(offset), location };
      }
      default:
        return this.#effect(body!, result, location);
    }
  }

  #effect(given: string, result: Value | null, location: Location | null): Instruction {
    const { text, core } = this.#core(given);
    const store = /^store\.u(\d+) (\[.*\]), v(\d+)$/.exec(text);
    if (store !== null && result === null) {
      const width = (Number(store[1]) / 8) as Width;
      const relocated = core === null ? {} : { core };
      return { kind: "store", width, ...this.#memory(store[2]!), value: Number(store[3]), ...relocated, location };
    }
    const atomic = /^atomic\.([\w-]+)\.u(32|64) (\[.*\]), (v\d+)(?:, (v\d+))?$/.exec(text);
    if (atomic !== null) {
      if (!ATOMICS.has(atomic[1]!)) this.#fail(`no atomic operation is called ${atomic[1]}`);
      const expected = atomic[5] === undefined ? {} : { expected: this.#operands(atomic[5], 1)[0]! };
      return {
        kind: "atomic",
        op: atomic[1] as AtomicOp,
        result,
        width: (Number(atomic[2]) / 8) as 4 | 8,
        ...this.#memory(atomic[3]!),
        value: this.#operands(atomic[4]!, 1)[0]!,
        ...expected,
        location,
      };
    }
    const call = /^call ([\w$.]+)#(\d+|function|kfunc)\((.*)\)$/.exec(text);
    if (call !== null) {
      const name = call[1]!;
      const callee: Callee =
        call[2] === "function" || call[2] === "kfunc"
          ? { kind: call[2], name }
          : { kind: "helper", helper: Number(call[2]), name };
      return { kind: "call", callee, result, arguments: this.#operands(call[3]!, null), location };
    }
    return this.#fail(`expected an instruction, found ${text}`);
  }

  /** Takes ` core TYPE PATH` off the end. */
  #core(text: string): { text: string; core: CoreAccess | null } {
    const [, before, type, access] = /^(.*) core (\d+) ([\d:]+)$/.exec(text) ?? [];
    return before === undefined ? { text, core: null } : { text: before, core: { type: Number(type), access: access! } };
  }

  #target(text: string): Target {
    const [, block, list] = /^b(\d+)(?:\((.*)\))?$/.exec(text) ?? this.#fail(`expected a block, found ${text}`);
    return { block: Number(block), arguments: this.#operands(list ?? "", null) };
  }

  #memory(text: string): { address: Value; offset: number } {
    const [, address, sign, offset] =
      /^\[v(\d+) ([+-]) (\d+)\]$/.exec(text) ?? this.#fail(`expected [vN + OFFSET], found ${text}`);
    return { address: Number(address), offset: sign === "-" ? -Number(offset) : Number(offset) };
  }

  #operands(text: string, count: number | null): Value[] {
    const list = text.trim() === "" ? [] : text.split(",").map((part) => /^\s*v(\d+)\s*$/.exec(part)?.[1]);
    if (list.includes(undefined) || (count !== null && list.length !== count)) {
      this.#fail(`expected ${count ?? "a list of"} values, found ${text}`);
    }
    return list.map(Number);
  }

  #definitions(text: string): Value[] {
    if (text.trim() === "") return [];
    return text.split(",").map((part) => {
      const [, value, type] = /^\s*v(\d+): (\w+)\s*$/.exec(part) ?? this.#fail(`expected vN: TYPE, found ${part}`);
      return this.#define(Number(value), this.#type(type!));
    });
  }

  #define(value: Value, type: Type): Value {
    // Numbers may have gaps in a test's text; what nobody defines has no meaning, but the array must have no holes.
    while (this.#values.length <= value) this.#values.push("i64");
    this.#values[value] = type;
    return value;
  }

  #width(detail: string | undefined): { sign: boolean; bits: number } {
    const [, sign, bits] =
      /^([us])(8|16|32|64)$/.exec(detail ?? "") ?? this.#fail(`expected a width such as u8, found ${detail}`);
    return { sign: sign === "s", bits: Number(bits) };
  }

  #condition(text: string): Condition {
    return CONDITIONS.has(text) ? (text as Condition) : this.#fail(`no condition is called ${text}`);
  }

  #type(text: string): Type {
    return text === "i32" || text === "i64" || text === "ptr" ? text : this.#fail(`no type is called ${text}`);
  }

  #expectNext(found: number, expected: number, what: string): void {
    if (found !== expected) this.#fail(`expected ${what} ${expected}, found ${found}`);
  }

  #match(line: { number: number; text: string } | undefined, pattern: RegExp, expected: string): RegExpExecArray {
    this.#line = line?.number ?? 1;
    return pattern.exec(line?.text ?? "") ?? this.#fail(`expected ${expected}, found ${line?.text ?? "nothing"}`);
  }

  #fail(problem: string): never {
    throw new IrError(this.#name, [`line ${this.#line}: ${problem}`]);
  }
}
