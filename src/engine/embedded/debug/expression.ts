/**
 * What `print` and conditions are written in: numbers of 64 bits and the things of a stopped program.
 *
 *     r2 > 64                             registers r0 … r10, their lower halves w0 … w10, pc, line
 *     ip.source == 203.0.113.66           fields of the packet's layers; constants (ETH_P_IP, XDP_DROP)
 *     drops["203.0.113.66"] > 2           map entries, global variables, fields of structs
 *     *(u32 *)(r10 - 8), packet[12], ctx.data
 *
 * Operators are JavaScript's and bind as there, but for `&`, `^` and `|`, which bind closer than comparisons; comparisons are
 * unsigned, with `s` before them signed (`r0 s< 0`), as in BPF assembly. What is not there — a layer that this packet does
 * not have, an entry that is not in the map — is equal to nothing and greater than nothing.
 */

import { parseIpv4 } from "../../../btf/addresses.ts";
import { ExpressionError, type Token, tokenize } from "./tokens.ts";

export { ExpressionError } from "./tokens.ts";

/** A number as unsigned 64 bits, text (addresses), truth, bytes or a struct; undefined: not there. */
export type Value =
  | bigint
  | string
  | boolean
  | undefined
  | Uint8Array
  | readonly unknown[]
  | { readonly [field: string]: unknown };

/** What names mean. */
export interface Scope {
  /** 0 … 10. */
  register(number: number): bigint;
  /** Any other name; throws ExpressionError when it means nothing. */
  lookup(name: string): Value;
  /** Names that `lookup` knows to be maps: what is in brackets after one is a key. */
  isMap(name: string): boolean;
  entry(map: string, key: unknown): Value;
  /** Bytes of the packet from its start. @throws ExpressionError beyond it. */
  packet(offset: bigint): bigint;
  /** Little-endian; throws ExpressionError where nothing may be read. */
  read(address: bigint, size: number): bigint;
}

export type Expression = (scope: Scope) => Value;

/** @throws ExpressionError with what was expected, and where. */
export function parseExpression(text: string): Expression {
  const parser = new Parser(text);
  const expression = parser.expression(0);
  parser.end();
  return expression;
}

/** Whether a condition holds; one about something that is not there does not. @throws ExpressionError when it has no value. */
export function isTrue(value: Value): boolean {
  return value !== undefined && value !== false && value !== 0n && value !== "";
}

const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["==", "!="],
  ["<", "<=", ">", ">=", "s<", "s<=", "s>", "s>="],
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
];

const SIZES: Readonly<Record<string, readonly [size: number, signed: boolean]>> = {
  u8: [1, false],
  u16: [2, false],
  u32: [4, false],
  u64: [8, false],
  s8: [1, true],
  s16: [2, true],
  s32: [4, true],
  s64: [8, true],
  i8: [1, true],
  i16: [2, true],
  i32: [4, true],
  i64: [8, true],
};

/** Parentheses and operators within each other: more is no expression that somebody wrote. */
const DEEPEST = 100;

class Parser {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokenize(text);
  }

  expression(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.expression(level + 1);
    for (;;) {
      const token = this.#peek();
      if (token.kind !== "operator" || !operators.includes(token.text)) return left;
      this.#next++;
      left = binary(token.text, left, this.expression(level + 1));
    }
  }

  end(): void {
    const token = this.#peek();
    if (token.kind !== "end") this.#fail("an operator or the end", token);
  }

  #unary(): Expression {
    const token = this.#peek();
    if (token.kind === "operator" && ["-", "~", "!", "*"].includes(token.text)) {
      this.#next++;
      this.#enter(token);
      const result = token.text === "*" ? this.#dereference() : unary(token.text, this.#unary());
      this.#depth--;
      return result;
    }
    return this.#postfix();
  }

  /** Behind the star: `(u32 *)` and an address; without a type, 8 bytes. */
  #dereference(): Expression {
    let [size, signed] = [8, false];
    const [open, type, star, close] = this.#tokens.slice(this.#next, this.#next + 4);
    const known = type?.kind === "name" ? SIZES[type.text] : undefined;
    if (open?.text === "(" && known !== undefined && star?.text === "*" && close?.text === ")") {
      [size, signed] = known;
      this.#next += 4;
    }
    const address = this.#unary();
    return (scope) => {
      const value = scope.read(number(address(scope)), size);
      return signed ? BigInt.asUintN(64, BigInt.asIntN(size * 8, value)) : value;
    };
  }

  #postfix(): Expression {
    let left = this.#primary();
    for (;;) {
      const token = this.#peek();
      if (token.text === "." && token.kind === "operator") {
        this.#next++;
        const field = this.#peek();
        if (field.kind !== "name") this.#fail("the name of a field", field);
        this.#next++;
        const inner = left;
        left = (scope) => fieldOf(inner(scope), field.text);
      } else if (token.text === "[" && token.kind === "operator") {
        this.#next++;
        const index = this.#index();
        const inner = left;
        left = (scope) => elementOf(inner(scope), index(scope));
      } else return left;
    }
  }

  #primary(): Expression {
    const token = this.#peek();
    this.#next++;
    switch (token.kind) {
      case "number": {
        const value = BigInt.asUintN(64, token.value);
        return () => value;
      }
      case "text":
        return () => token.value;
      case "name":
        return this.#name(token.text);
      default:
        if (token.text === "(") {
          this.#enter(token);
          const inner = this.expression(0);
          this.#depth--;
          this.#expect(")");
          return inner;
        }
        return this.#fail("a value: a register (r2), a number, a name, *(u32 *)(r10 - 8)", token);
    }
  }

  #name(name: string): Expression {
    const register = /^([rw])(\d|10)$/.exec(name);
    if (register !== null) {
      const index = Number(register[2]);
      const wide = register[1] === "r";
      return (scope) => (wide ? scope.register(index) : scope.register(index) & 0xffff_ffffn);
    }
    const bracket = this.#peek();
    if (bracket.text !== "[" || bracket.kind !== "operator") return (scope) => scope.lookup(name);
    this.#next++;
    const key = this.#key();
    return (scope) => {
      if (scope.isMap(name)) return scope.entry(name, key(scope));
      if (name === "packet") return scope.packet(number(key(scope) as Value));
      return elementOf(scope.lookup(name), key(scope) as Value);
    };
  }

  /** In brackets behind a name: JSON for a key that is a struct or an array, else an expression. */
  #key(): (scope: Scope) => unknown {
    const token = this.#peek();
    if (token.text !== "{" && token.text !== "[") {
      const index = this.#index();
      return (scope) => plain(index(scope));
    }
    let depth = 0;
    const from = this.#next;
    for (; this.#peek().kind !== "end"; this.#next++) {
      const { text, kind } = this.#peek();
      if (kind !== "operator") continue;
      if (text === "{" || text === "[") depth++;
      if (text === "}" || text === "]") depth--;
      if (depth === 0) break;
    }
    const last = this.#peek();
    this.#next++;
    const json = this.#text.slice(this.#tokens[from]!.at, last.at + last.text.length);
    this.#expect("]");
    let key: unknown;
    try {
      key = JSON.parse(json);
    } catch {
      throw new ExpressionError(`expected JSON as the key, found ${json}`, token.at);
    }
    return () => key;
  }

  #index(): Expression {
    const token = this.#peek();
    this.#enter(token);
    const index = this.expression(0);
    this.#depth--;
    this.#expect("]");
    return index;
  }

  #enter(token: Token): void {
    if (++this.#depth > DEEPEST) throw new ExpressionError(`nested deeper than ${DEEPEST}`, token.at);
  }

  #expect(text: string): void {
    const token = this.#peek();
    if (token.text !== text || token.kind !== "operator") this.#fail(text, token);
    this.#next++;
  }

  #peek(): Token {
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)]!;
  }

  #fail(expected: string, token: Token): never {
    const found = token.kind === "end" ? "the end" : token.text;
    throw new ExpressionError(`expected ${expected}, found ${found} (column ${token.at + 1})`, token.at);
  }
}

/** What a map's codec takes: numbers where they are exact. */
function plain(value: Value): unknown {
  return typeof value === "bigint" && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}

function number(value: Value): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return BigInt.asUintN(64, BigInt(value));
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "string") {
    // As a program finds it in a register after reading it from a packet.
    const bytes = parseIpv4(value);
    if (bytes !== null) return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }
  throw new ExpressionError(`expected a number, found ${value === undefined ? "nothing (it is not there)" : typeof value}`);
}

function unary(operator: string, operand: Expression): Expression {
  if (operator === "!") return (scope) => !isTrue(operand(scope));
  if (operator === "-") return (scope) => BigInt.asUintN(64, -number(operand(scope)));
  return (scope) => BigInt.asUintN(64, ~number(operand(scope)));
}

function binary(operator: string, left: Expression, right: Expression): Expression {
  if (operator === "&&") return (scope) => isTrue(left(scope)) && isTrue(right(scope));
  if (operator === "||") return (scope) => isTrue(left(scope)) || isTrue(right(scope));
  if (operator === "==") return (scope) => equal(left(scope), right(scope));
  if (operator === "!=") return (scope) => !equal(left(scope), right(scope));
  const compare = COMPARISONS[operator];
  if (compare !== undefined) {
    return (scope) => {
      const [one, other] = [left(scope), right(scope)];
      if (one === undefined || other === undefined) return false;
      return compare(number(one), number(other));
    };
  }
  const calculate = CALCULATIONS[operator]!;
  return (scope) => BigInt.asUintN(64, calculate(number(left(scope)), number(right(scope))));
}

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

const COMPARISONS: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "s<": (a, b) => signed(a) < signed(b),
  "s<=": (a, b) => signed(a) <= signed(b),
  "s>": (a, b) => signed(a) > signed(b),
  "s>=": (a, b) => signed(a) >= signed(b),
};

/** Division by zero and shifts are as in BPF. */
const CALCULATIONS: Readonly<Record<string, (a: bigint, b: bigint) => bigint>> = {
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "&": (a, b) => a & b,
  "<<": (a, b) => a << (b & 63n),
  ">>": (a, b) => a >> (b & 63n),
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => (b === 0n ? 0n : a / b),
  "%": (a, b) => (b === 0n ? a : a % b),
};

function equal(one: Value, other: Value): boolean {
  if (one === undefined || other === undefined) return false;
  if (typeof one === "string" && typeof other === "string") return one.toLowerCase() === other.toLowerCase();
  return number(one) === number(other);
}

function fieldOf(value: Value, field: string): Value {
  if (value === undefined) return undefined;
  if (typeof value === "object" && !Array.isArray(value) && !(value instanceof Uint8Array)) {
    const fields = value as { readonly [field: string]: unknown };
    if (Object.hasOwn(fields, field)) return normal(fields[field]);
    throw new ExpressionError(`there is no field ${field}; there are ${Object.keys(fields).join(", ")}`);
  }
  throw new ExpressionError(`.${field} is a field, but what is before it has none`);
}

function elementOf(value: Value, index: Value): Value {
  if (value === undefined) return undefined;
  if (Array.isArray(value) || value instanceof Uint8Array) {
    const at = number(index);
    if (at < BigInt(value.length)) return normal(value[Number(at)]);
    throw new ExpressionError(`there is no element ${at}: there are ${value.length}`);
  }
  throw new ExpressionError("brackets follow a map, the packet, or an array");
}

/** What codecs decode to, with numbers as 64 bits. */
export function normal(value: unknown): Value {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt.asUintN(64, BigInt(value)) : String(value);
  if (typeof value === "bigint") return BigInt.asUintN(64, value);
  return value as Value;
}
