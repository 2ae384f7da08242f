/**
 * Random programs that a verifier mostly accepts, because they are made with a light model of what it knows: checked packets and
 * map values, masks and comparisons before an index, registers spilled and filled, loops with bounds, calls. Numbers come from
 * memory, so that nothing is known of them but what the program finds out.
 */

import * as make from "../../../src/isa/make.ts";
import type { AluOp, AtomicOp, JumpCondition } from "../../../src/isa/opcodes.ts";
import { ALU_OPS, JUMP_CONDITIONS } from "../../../src/isa/opcodes.ts";
import type { MapSpec } from "../../../src/object/spec.ts";
import type { Random } from "../../support/random.ts";
import { CELLS, type Line, NOTES, RING, TABLE } from "./lines.ts";

/** What the model knows of a register. `low` and `high`: the least and the most of a number, or of a pointer's offset. */
type Known =
  | { readonly kind: "nothing" | "context" | "end" }
  /** Unsigned; null: nothing is known. */
  | { readonly kind: "number"; readonly high: number | null }
  | { readonly kind: "stack"; readonly low: number }
  | { readonly kind: "packet"; readonly low: number; readonly high: number; readonly range: number }
  | { readonly kind: "value"; readonly map: MapSpec; readonly low: number; readonly high: number };

type Kind = Known["kind"];
type Of<K extends Kind> = Extract<Known, { readonly kind: K }>;

const NOTHING: Known = { kind: "nothing" };
const NUMBER: Known = { kind: "number", high: null };
const CONTEXT: Known = { kind: "context" };

const ALU = Object.keys(ALU_OPS) as AluOp[];
const SIMPLE = ["add", "sub", "and", "or", "xor", "lsh", "rsh", "arsh", "mul"] as const satisfies readonly AluOp[];
const UNSIGNED = ALU.filter((op) => op !== "sdiv" && op !== "smod");
const CONDITIONS = Object.keys(JUMP_CONDITIONS) as JumpCondition[];
const ATOMICS = ["add", "or", "and", "xor", "xchg", "cmpxchg"] as const satisfies readonly AtomicOp[];
const SIZES = [1, 2, 4, 8] as const;
const WIDTHS = [32, 64] as const;

/** Slots of eight bytes that are used of the stack. */
const STACK = 8;
const KTIME = 5;
const RANDOM = 7;
const LOOKUP = 1;
const UPDATE = 2;
const DELETE = 3;
const ADJUST_HEAD = 44;
const RESERVE = 131;
const SUBMIT = 132;
const DISCARD = 133;
const LOOP = 181;

/** @param era of the kernel: 6.1 has no fourth version of the instruction set (6.6), and callbacks are not what they seem (6.7). */
export function generate(random: Random, era: number): Line[] {
  return new Generator(random, era >= 606).run();
}

class Generator {
  readonly #random: Random;
  readonly #fourth: boolean;
  readonly #lines: Line[] = [];
  #regs: Known[] = new Array<Known>(11).fill(NOTHING);
  /** By distance from r10 in eights, from 1. */
  #stack: Known[] = new Array<Known>(STACK + 1).fill(NOTHING);
  /** Jumps to the end of the function. */
  #exits: number[] = [];
  /** Calls, and which function. */
  readonly #calls: { readonly at: number; readonly shape: Shape }[] = [];
  /** Only numbers change, and nothing is known of them: the body of a loop. */
  #steady = false;

  constructor(random: Random, fourth: boolean) {
    this.#random = random;
    this.#fourth = fourth;
  }

  run(): Line[] {
    this.#regs[1] = CONTEXT;
    this.#begin();
    for (let left = 3 + this.#random.below(14); left > 0; left--) this.#statement();
    this.#end();
    // Each call has a function of its own: they are short.
    for (const { at, shape } of this.#calls.splice(0)) this.#function(at, shape);
    return this.#lines;
  }

  // ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #emit(...instructions: readonly ReturnType<typeof make.exit>[]): void {
    for (const instruction of instructions) this.#lines.push({ instruction, to: -1, map: null, isValue: false });
  }

  /** @returns its index, for `#land`. */
  #jump(instruction: ReturnType<typeof make.exit>, to = 0): number {
    this.#lines.push({ instruction, to, map: null, isValue: false });
    return this.#lines.length - 1;
  }

  #land(jump: number): void {
    this.#lines[jump] = { ...this.#lines[jump]!, to: this.#lines.length };
  }

  #leave(instruction: ReturnType<typeof make.exit>): void {
    this.#exits.push(this.#jump(instruction));
  }

  #end(): void {
    for (const exit of this.#exits.splice(0)) this.#land(exit);
    this.#emit(make.movImm(64, 0, this.#random.below(3)), make.exit());
  }

  // ── registers ────────────────────────────────────────────────────────────────────────────────────────────────────

  #find<K extends Kind>(kind: K): number | null {
    const found = this.#all(kind);
    return found.length === 0 ? null : this.#random.pick(found);
  }

  #all(kind: Kind): number[] {
    return [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((index) => this.#regs[index]!.kind === kind);
  }

  #known<K extends Kind>(index: number, kind: K): Of<K> {
    const known = this.#regs[index]!;
    if (known.kind !== kind) throw new Error(`r${index} is ${known.kind}, not ${kind}`);
    return known as Of<K>;
  }

  /** A register to write: a number or an empty one; a pointer, if all hold some. */
  #free(...taken: number[]): number {
    const list = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((index) => !taken.includes(index));
    const empty = list.filter((index) => this.#regs[index]!.kind === "nothing");
    if (empty.length > 0 && !this.#steady) return this.#random.pick(empty);
    const numbers = list.filter((index) => this.#regs[index]!.kind === "number");
    return this.#random.pick(numbers.length > 0 ? numbers : list);
  }

  #number(...taken: number[]): number {
    const numbers = this.#all("number").filter((index) => !taken.includes(index));
    if (numbers.length > 0 && (this.#steady || !this.#random.once(4))) return this.#random.pick(numbers);
    const into = this.#free(...taken);
    const value = this.#find("value");
    if (value !== null && value !== into && !this.#random.once(3)) {
      const { map, low, high } = this.#known(value, "value");
      const size = this.#random.pick(SIZES);
      const room = map.valueSize - high - size;
      if (room >= -low) {
        const offset = this.#random.below(room + low + 1) - low;
        this.#emit(
          size < 8 && this.#fourth && this.#random.once(4)
            ? make.loadSigned(size as 1 | 2 | 4, into, value, offset)
            : make.load(size, into, value, offset),
        );
        return this.#set(into, NUMBER);
      }
    }
    if (this.#random.once(2)) this.#emit(make.loadImm64(into, this.#random.number()));
    else this.#emit(make.movImm(this.#random.pick(WIDTHS), into, this.#random.imm()));
    return this.#set(into, NUMBER);
  }

  #set(index: number, known: Known): number {
    this.#regs[index] = known;
    return index;
  }

  // ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────────

  #begin(): void {
    const random = this.#random;
    this.#emit(make.movReg(64, 6, 1));
    this.#set(6, CONTEXT);
    if (!random.once(3)) {
      this.#address(9, TABLE, true);
      this.#set(9, { kind: "value", map: TABLE, low: 0, high: 0 });
    }
    if (!random.once(3)) this.#packet();
    if (random.once(3)) this.#lookup();
  }

  #address(into: number, map: MapSpec, isValue: boolean): void {
    this.#lines.push({ instruction: make.loadImm64(into, 0n), to: -1, map, isValue });
  }

  #statement(): void {
    const random = this.#random;
    switch (random.below(26)) {
      case 0:
      case 1:
      case 2:
      case 3:
        this.#arithmetic();
        return;
      case 4:
      case 5:
        this.#bound();
        return;
      case 6:
      case 7:
        this.#index();
        return;
      case 8:
      case 9:
        this.#spill();
        return;
      case 10:
      case 11:
        this.#fill();
        return;
      case 12:
        this.#indexPacket();
        return;
      case 13:
        this.#accessPacket();
        return;
      case 14:
        this.#indexStack();
        return;
      case 15:
        this.#atomic();
        return;
      case 16:
      case 17:
        this.#branch();
        return;
      case 18:
        if (this.#steady) this.#arithmetic();
        else this.#loop();
        return;
      case 19:
        if (this.#steady) this.#bound();
        else if (random.once(2)) this.#packet();
        else this.#lookup();
        return;
      case 20:
        if (this.#steady) this.#index();
        else this.#call();
        return;
      case 21:
        if (this.#steady) this.#fill();
        else this.#helper();
        return;
      case 22:
      case 23:
        this.#choose();
        return;
      default:
        this.#storeValue();
    }
  }

  #arithmetic(): void {
    const random = this.#random;
    const width = random.pick(WIDTHS);
    const dst = this.#number();
    const op = random.once(3) ? random.pick(this.#fourth ? ALU : UNSIGNED) : random.pick(SIMPLE);
    const isShift = op === "lsh" || op === "rsh" || op === "arsh";
    switch (random.below(10)) {
      case 0:
        this.#emit(make.neg(width, dst));
        break;
      case 1:
        this.#emit(
          make.endian(
            random.pick(this.#fourth ? (["be", "le", "swap"] as const) : (["be", "le"] as const)),
            random.pick([16, 32, 64] as const),
            dst,
          ),
        );
        break;
      case 2: {
        const from = random.pick([8, 16, 32] as const);
        this.#emit(from >= width || !this.#fourth ? make.movReg(32, dst, dst) : make.movSignExtend(width, from, dst, dst));
        break;
      }
      case 3: {
        const to = this.#free();
        if (to === dst) return;
        this.#emit(make.movReg(width, to, dst));
        this.#set(to, width === 64 ? this.#regs[dst]! : NUMBER);
        return;
      }
      case 4:
      case 5:
      case 6:
        this.#emit(make.aluReg(width, op, dst, this.#number()));
        break;
      default: {
        const isDivision = op === "div" || op === "mod" || op === "sdiv" || op === "smod";
        const imm = isShift ? random.below(width) : random.imm();
        this.#emit(make.aluImm(width, op, dst, isDivision && imm === 0 ? 3 : imm));
      }
    }
    this.#set(dst, NUMBER);
  }

  /** Makes a number small, in one of the ways of compilers. @returns a register that holds one of at most `most`. */
  #bound(most = this.#random.pick([1, 3, 7, 8, 15, 20, 31, 63, 255])): number {
    const random = this.#random;
    const index = this.#number();
    if (this.#steady || random.once(3)) {
      const mask = random.once(2) ? most : random.below(most + 1);
      this.#emit(make.aluImm(random.pick(WIDTHS), "and", index, mask));
      return this.#set(index, { kind: "number", high: mask });
    }
    switch (random.below(5)) {
      case 0:
        this.#leave(make.jumpImm(64, "gt", index, most, 0));
        break;
      case 1:
        this.#leave(make.jumpImm(64, "sgt", index, most, 0));
        this.#leave(make.jumpImm(64, "slt", index, 0, 0));
        break;
      case 2:
        this.#leave(make.jumpImm(32, "gt", index, most, 0));
        this.#emit(make.movReg(32, index, index));
        break;
      case 3: {
        const width = random.pick(WIDTHS);
        const shift = width - Math.floor(Math.log2(most + 1));
        if (shift === width) this.#emit(make.movImm(64, index, 0));
        else this.#emit(make.aluImm(width, "rsh", index, shift));
        break;
      }
      default: {
        // Against another number that is small.
        const other = this.#free(index);
        if (other === index) return this.#bound(most);
        this.#emit(make.movImm(64, other, most));
        this.#set(other, { kind: "number", high: most });
        this.#leave(make.jumpReg(64, random.pick(["gt", "ge"] as const), index, other, 0));
      }
    }
    if (random.once(3)) {
      const add = random.below(4);
      this.#emit(make.aluImm(random.pick(WIDTHS), "add", index, add));
      return this.#set(index, { kind: "number", high: most + add });
    }
    return this.#set(index, { kind: "number", high: most });
  }

  /** A number that is small already, or made so. */
  #small(most: number): number {
    const small = this.#all("number").filter((index) => {
      const { high } = this.#known(index, "number");
      return high !== null && high <= most;
    });
    return small.length > 0 && !this.#random.once(3) ? this.#random.pick(small) : this.#bound(most);
  }

  /** A map value at an offset that is found while the program runs. */
  #index(): void {
    const random = this.#random;
    const value = this.#find("value");
    if (value === null) {
      if (!this.#steady) this.#lookup();
      return;
    }
    const before = this.#known(value, "value");
    const index = this.#small(before.map.valueSize - 1 - before.high > 7 ? 7 : 1);
    const { high } = this.#known(index, "number");
    const now = this.#regs[value]!;
    if (now.kind !== "value" || value === index) return;
    const room = now.map.valueSize - now.high - (high ?? 0);
    const size = random.pick(SIZES.filter((size) => size <= Math.max(1, room)));
    const pointer = this.#free(value, index);
    const into = this.#number(value, index, pointer);
    if (this.#regs[value]!.kind !== "value" || pointer === into) return;
    this.#emit(make.movReg(64, pointer, value), make.aluReg(64, "add", pointer, index));
    if (random.once(8)) this.#emit(make.aluReg(64, "sub", pointer, index), make.aluReg(64, "add", pointer, index));
    const offset = random.below(Math.max(1, room - size + 1));
    if (random.once(2)) this.#emit(make.load(size, into, pointer, offset));
    else this.#emit(make.store(size, pointer, offset, into));
    this.#set(into, NUMBER);
    this.#set(pointer, this.#steady ? NUMBER : { ...now, high: now.high + (high ?? 0) });
    if (this.#steady) this.#emit(make.movImm(64, pointer, 0));
  }

  #spill(): void {
    const random = this.#random;
    const slot = 1 + random.below(STACK);
    const before = this.#stack[slot]!.kind;
    if (this.#steady && before !== "number") return;
    const registers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter((index) => {
      const { kind } = this.#regs[index]!;
      return kind !== "nothing" && (!this.#steady || kind === "number");
    });
    if (registers.length === 0) return;
    const register = random.pick(registers);
    const known = this.#regs[register]!;
    if (known.kind !== "number" || random.once(2)) {
      this.#emit(make.store(8, 10, -8 * slot, register));
      this.#stack[slot] = this.#steady ? NUMBER : known;
      return;
    }
    const size = random.pick(SIZES);
    const offset = -8 * slot + (random.once(2) ? 0 : random.below(8 / size) * size);
    if (random.once(4)) this.#emit(make.storeImm(size, 10, offset, random.once(2) ? 0 : random.imm()));
    else this.#emit(make.store(size, 10, offset, register));
    this.#stack[slot] = NUMBER;
  }

  #fill(): void {
    const random = this.#random;
    const slots = this.#stack.flatMap(({ kind }, slot) =>
      kind === "nothing" || (this.#steady && kind !== "number") ? [] : [slot],
    );
    if (slots.length === 0) return;
    const slot = random.pick(slots);
    const known = this.#stack[slot]!;
    const into = this.#free();
    if (this.#steady && this.#regs[into]!.kind !== "number") return;
    if (known.kind !== "number" || random.once(2)) {
      this.#emit(make.load(8, into, 10, -8 * slot));
      this.#set(into, known);
      return;
    }
    const size = random.pick(SIZES);
    const offset = -8 * slot + (random.once(2) ? 0 : random.below(8 / size) * size);
    this.#emit(
      size < 8 && this.#fourth && random.once(4)
        ? make.loadSigned(size as 1 | 2 | 4, into, 10, offset)
        : make.load(size, into, 10, offset),
    );
    this.#set(into, NUMBER);
  }

  #packet(): void {
    const random = this.#random;
    const context = this.#find("context");
    if (context === null) return;
    const packet = this.#free(context);
    const end = this.#free(context, packet);
    const check = this.#free(context, packet, end);
    if (packet === end || check === end || check === packet) return;
    const range = random.pick([1, 2, 8, 14, 20, 34, 64]);
    this.#emit(make.load(4, packet, context, 0), make.load(4, end, context, 4));
    this.#set(packet, { kind: "packet", low: 0, high: 0, range: 0 });
    this.#set(end, { kind: "end" });
    this.#checkPacket(packet, end, check, range);
  }

  /** Proves so many bytes behind a packet pointer. */
  #checkPacket(packet: number, end: number, check: number, range: number): void {
    const known = this.#known(packet, "packet");
    this.#emit(make.movReg(64, check, packet), make.aluImm(64, "add", check, range));
    switch (this.#random.below(4)) {
      case 0:
        this.#leave(make.jumpReg(64, "gt", check, end, 0));
        break;
      case 1:
        this.#leave(make.jumpReg(64, "lt", end, check, 0));
        break;
      case 2: {
        const good = this.#jump(make.jumpReg(64, "le", check, end, 0));
        this.#leave(make.jump(0));
        this.#land(good);
        break;
      }
      default: {
        const good = this.#jump(make.jumpReg(64, "ge", end, check, 0));
        this.#leave(make.jump(0));
        this.#land(good);
      }
    }
    this.#set(packet, { ...known, range });
    this.#set(check, { ...known, low: known.low + range, high: known.high + range, range: 0 });
  }

  #accessPacket(): void {
    const random = this.#random;
    const packets = this.#all("packet").filter((index) => this.#known(index, "packet").range > 0);
    if (packets.length === 0) return;
    const packet = random.pick(packets);
    const { range } = this.#known(packet, "packet");
    const size = random.pick(SIZES.filter((size) => size <= range));
    const offset = random.below(range - size + 1);
    const register = this.#number(packet);
    if (this.#regs[packet]!.kind !== "packet") return;
    if (random.once(3)) this.#emit(make.store(size, packet, offset, register));
    else {
      this.#emit(make.load(size, register, packet, offset));
      this.#set(register, NUMBER);
    }
  }

  #indexPacket(): void {
    const random = this.#random;
    const packet = this.#find("packet");
    const end = this.#find("end");
    if (packet === null || end === null || this.#steady) return;
    const index = this.#small(random.pick([7, 63, 255]));
    if (this.#regs[packet]!.kind !== "packet" || this.#regs[end]!.kind !== "end") return;
    const pointer = this.#free(packet, end, index);
    const check = this.#free(packet, end, index, pointer);
    if (pointer === check) return;
    const known = this.#known(packet, "packet");
    const { high } = this.#known(index, "number");
    this.#emit(make.movReg(64, pointer, packet), make.aluReg(64, "add", pointer, index));
    this.#set(pointer, { ...known, high: known.high + (high ?? 0), range: 0 });
    this.#checkPacket(pointer, end, check, 1 + random.below(16));
    this.#accessPacket();
  }

  #indexStack(): void {
    const random = this.#random;
    const numbers = this.#stack.flatMap(({ kind }, slot) => (kind === "number" ? [slot] : []));
    // Slots n and n - 1 next to each other.
    const slot = numbers.find((slot) => slot > 1 && this.#stack[slot - 1]!.kind === "number");
    if (slot === undefined || this.#steady) return;
    const index = this.#small(7);
    const pointer = this.#free(index);
    const register = this.#number(index, pointer);
    const { high } = this.#known(index, "number");
    if (pointer === register || high === null || high > 8) return;
    this.#emit(make.movReg(64, pointer, 10), make.aluImm(64, "add", pointer, -8 * slot), make.aluReg(64, "add", pointer, index));
    const size = random.pick(SIZES);
    if (random.once(2)) this.#emit(make.load(size, register, pointer, 0));
    else this.#emit(make.store(size, pointer, 0, register));
    this.#set(register, NUMBER);
    this.#set(pointer, NOTHING);
  }

  #atomic(): void {
    const random = this.#random;
    const value = this.#find("value");
    const size = random.pick([4, 8] as const);
    const register = this.#number();
    const op = random.pick(ATOMICS);
    const fetch = op === "xchg" || op === "cmpxchg" || random.once(2);
    if (op === "cmpxchg" && this.#regs[0]!.kind !== "number") return;
    const slot = this.#stack.findIndex(({ kind }) => kind === "number");
    if (value !== null && this.#regs[value]!.kind === "value" && random.once(2)) {
      const { map, low, high } = this.#known(value, "value");
      if (low !== high || low % 8 !== 0 || map.valueSize - high < 8) return;
      this.#emit(make.atomic(op, size, value, random.below((map.valueSize - high) / 8) * 8, register, fetch));
    } else if (slot > 0) this.#emit(make.atomic(op, size, 10, -8 * slot, register, fetch));
    else return;
    if (op === "cmpxchg") this.#set(0, NUMBER);
    else if (fetch) this.#set(register, NUMBER);
  }

  /** One side or both do something of their own; what is known afterwards is what both know. */
  #branch(): void {
    const random = this.#random;
    const jump = this.#jump(this.#condition());
    const before = { regs: this.#regs.slice(), stack: this.#stack.slice() };
    for (let left = 1 + random.below(3); left > 0; left--) this.#statement();
    const one = { regs: this.#regs, stack: this.#stack };
    this.#regs = before.regs.slice();
    this.#stack = before.stack.slice();
    if (random.once(2)) {
      const over = this.#jump(make.jump(0));
      this.#land(jump);
      for (let left = 1 + random.below(2); left > 0; left--) this.#statement();
      this.#land(over);
    } else this.#land(jump);
    this.#regs = this.#regs.map((known, index) => both(known, one.regs[index]!));
    this.#stack = this.#stack.map((known, index) => both(known, one.stack[index]!));
  }

  /** One of two constants, as a condition has it: where the ways meet, one of them is cut short. Then an index, directly or later. */
  #choose(): void {
    const random = this.#random;
    const condition = this.#condition();
    const into = this.#free();
    if (this.#regs[into]!.kind !== "nothing" && this.#regs[into]!.kind !== "number") return;
    const [one, other] = [random.below(8), random.below(8)];
    // Now and then one of them is too much for any index, and nobody checks it.
    const wrong = random.once(6) ? 50 + random.below(100) : -1;
    const slot = 1 + random.below(STACK);
    const spills = random.once(3) && (!this.#steady || this.#stack[slot]!.kind === "number");
    const width = random.pick(WIDTHS);
    const put = (value: number): void => {
      if (!spills) this.#emit(make.movImm(width, into, value));
      else this.#emit(make.storeImm(8, 10, -8 * slot, value));
    };
    if (random.once(2)) {
      put(wrong < 0 ? one : wrong);
      const jump = this.#jump(condition);
      put(other);
      this.#land(jump);
    } else {
      const jump = this.#jump(condition);
      put(one);
      const over = this.#jump(make.jump(0));
      this.#land(jump);
      put(wrong < 0 ? other : wrong);
      this.#land(over);
    }
    if (spills) {
      this.#emit(make.load(8, into, 10, -8 * slot));
      this.#stack[slot] = NUMBER;
    }
    this.#set(into, this.#steady ? NUMBER : { kind: "number", high: Math.max(one, other) });
    if (random.once(2)) this.#index();
  }

  #condition(): ReturnType<typeof make.exit> {
    const random = this.#random;
    const width = random.pick(WIDTHS);
    const condition = random.pick(CONDITIONS);
    const left = this.#number();
    if (random.once(2)) return make.jumpImm(width, condition, left, random.once(2) ? random.below(70) : random.imm(), 0);
    return make.jumpReg(width, condition, left, this.#number(), 0);
  }

  #loop(): void {
    const random = this.#random;
    const counter = this.#free();
    const rounds = 1 + random.below(8);
    this.#emit(make.movImm(random.pick(WIDTHS), counter, 0));
    const outer = this.#regs[counter]!.kind;
    if (outer !== "nothing" && outer !== "number") return;
    for (const [index, { kind }] of this.#regs.entries()) if (kind === "number") this.#set(index, NUMBER);
    this.#stack = this.#stack.map((known) => (known.kind === "number" ? NUMBER : known));
    // Nobody writes it, as it looks empty; nor may it be taken for one.
    this.#set(counter, { kind: "end" });
    this.#steady = true;
    const top = this.#lines.length;
    if (random.once(2)) {
      const copy = this.#number(counter);
      this.#emit(make.movReg(random.pick(WIDTHS), copy, counter));
    }
    for (let left = 1 + random.below(4); left > 0; left--) this.#statement();
    this.#emit(make.aluImm(random.pick(WIDTHS), "add", counter, 1));
    this.#jump(make.jumpImm(random.pick(WIDTHS), random.pick(["ne", "lt", "slt"] as const), counter, rounds, 0), top);
    this.#steady = false;
    this.#set(counter, NUMBER);
    for (const [index, { kind }] of this.#regs.entries()) if (kind === "number") this.#set(index, NUMBER);
  }

  #lookup(): void {
    const random = this.#random;
    const map = random.pick([CELLS, NOTES]);
    const slot = 1 + random.below(STACK);
    if (random.once(2)) this.#emit(make.storeImm(4, 10, -8 * slot, random.below(10)));
    else this.#emit(make.store(4, 10, -8 * slot, this.#small(7)));
    this.#stack[slot] = NOTHING;
    this.#address(1, map, false);
    this.#emit(make.movReg(64, 2, 10), make.aluImm(64, "add", 2, -8 * slot), make.callHelper(LOOKUP));
    this.#called();
    if (random.once(4)) {
      // Copied before it is checked.
      this.#emit(make.movReg(64, 7, 0));
      this.#set(7, { kind: "value", map, low: 0, high: 0 });
    }
    if (random.once(2)) this.#leave(make.jumpImm(64, "eq", 0, 0, 0));
    else {
      const good = this.#jump(make.jumpImm(64, "ne", 0, 0, 0));
      this.#leave(make.jump(0));
      this.#land(good);
    }
    this.#set(0, { kind: "value", map, low: 0, high: 0 });
  }

  /** What every call leaves. */
  #called(): void {
    this.#regs.fill(NOTHING, 1, 6);
    this.#regs[0] = NUMBER;
  }

  #helper(): void {
    const random = this.#random;
    switch (random.below(7)) {
      case 0:
        this.#emit(make.callHelper(random.pick([KTIME, RANDOM])));
        this.#called();
        return;
      case 4:
        this.#record();
        return;
      case 5:
      case 6:
        this.#callback();
        return;
      case 1: {
        const context = this.#find("context");
        if (context === null) return;
        const delta = random.once(2) ? null : this.#small(31);
        if (delta === 1) return;
        if (context !== 1) this.#emit(make.movReg(64, 1, context));
        if (delta === null) this.#emit(make.movImm(64, 2, random.below(40) - 20));
        else if (delta !== 2) this.#emit(make.movReg(64, 2, delta));
        this.#emit(make.callHelper(ADJUST_HEAD));
        this.#called();
        const lost = (known: Known): Known => (known.kind === "packet" || known.kind === "end" ? NOTHING : known);
        this.#regs = this.#regs.map(lost);
        this.#stack = this.#stack.map(lost);
        return;
      }
      default: {
        // A key and a value on the stack.
        const words = NOTES.valueSize / 8;
        for (let slot = 1; slot <= words + 1; slot++) {
          this.#emit(make.storeImm(8, 10, -8 * slot, random.below(10)));
          this.#stack[slot] = NUMBER;
        }
        this.#address(1, NOTES, false);
        this.#emit(make.movReg(64, 2, 10), make.aluImm(64, "add", 2, -8 * (words + 1)));
        if (random.once(3)) this.#emit(make.callHelper(DELETE));
        else {
          this.#emit(make.movReg(64, 3, 10), make.aluImm(64, "add", 3, -8 * words), make.movImm(64, 4, 0));
          this.#emit(make.callHelper(UPDATE));
        }
        this.#called();
      }
    }
  }

  /** A record of a ring: reserved, written, given back. */
  #record(): void {
    const random = this.#random;
    const size = random.pick([8, 16, 24]);
    this.#address(1, RING, false);
    this.#emit(make.movImm(64, 2, size), make.movImm(64, 3, 0), make.callHelper(RESERVE));
    this.#called();
    this.#leave(make.jumpImm(64, "eq", 0, 0, 0));
    const register = 1 + random.below(5);
    this.#emit(make.loadImm64(register, random.number()));
    for (let left = random.below(3); left > 0; left--) {
      const width = random.pick(SIZES);
      this.#emit(make.store(width, 0, random.below(size - width + 1), register));
    }
    this.#emit(make.movReg(64, 1, 0), make.movImm(64, 2, 0), make.callHelper(random.pick([SUBMIT, DISCARD])));
    this.#called();
    this.#regs[0] = NOTHING;
  }

  /**
   * A function that is called again and again, with a number of the stack to change. Kernels before 6.7 walk it once and go on as if it
   * had been called just once, which is wrong.
   */
  #callback(): void {
    const random = this.#random;
    if (!this.#fourth) return;
    const slot = this.#stack.findIndex(({ kind }) => kind === "number");
    const count = random.once(3) ? this.#number(2) : this.#small(7);
    if (count !== 1) this.#emit(make.movReg(64, 1, count));
    this.#calls.push({ at: this.#jump(make.loadPseudo(2, "function", 0)), shape: slot > 0 ? "callback" : "callback of nothing" });
    if (slot > 0) this.#emit(make.movReg(64, 3, 10), make.aluImm(64, "add", 3, -8 * slot));
    else this.#emit(make.movImm(64, 3, 0));
    this.#emit(make.movImm(64, 4, 0), make.callHelper(LOOP));
    this.#called();
  }

  #storeValue(): void {
    const random = this.#random;
    const value = this.#find("value");
    if (value === null) return;
    const register = this.#number(value);
    const { map, low, high } = this.#known(value, "value");
    const size = random.pick(SIZES);
    const room = map.valueSize - high - size;
    if (room < -low) return;
    const offset = random.below(room + low + 1) - low;
    if (random.once(3)) this.#emit(make.storeImm(size, value, offset, random.imm()));
    else this.#emit(make.store(size, value, offset, register));
  }

  /** Of a function of the program: with two numbers, or with a place in the caller's stack and a number. */
  #call(): void {
    const random = this.#random;
    const slot = this.#stack.findIndex(({ kind }) => kind === "number");
    const shape: Shape = slot > 0 && random.once(2) ? "stack" : "numbers";
    const second = this.#number(1);
    const first = shape === "numbers" ? this.#number(2) : -1;
    if (second !== 2) this.#emit(make.movReg(64, 2, second));
    if (shape === "stack") this.#emit(make.movReg(64, 1, 10), make.aluImm(64, "add", 1, -8 * slot));
    else if (first === 2) this.#emit(make.movImm(64, 1, random.imm()));
    else if (first !== 1) this.#emit(make.movReg(64, 1, first));
    this.#calls.push({ at: this.#jump(make.callLocal(0)), shape });
    this.#called();
    if (shape === "stack") this.#stack[slot] = NUMBER;
  }

  #function(call: number, shape: Shape): void {
    const random = this.#random;
    this.#land(call);
    this.#regs = new Array<Known>(11).fill(NOTHING);
    this.#stack = new Array<Known>(STACK + 1).fill(NOTHING);
    const place = shape === "stack" ? 1 : 2;
    this.#set(1, NUMBER);
    this.#set(2, shape === "callback of nothing" ? NOTHING : NUMBER);
    if (shape === "stack" || shape === "callback") this.#set(place, { kind: "stack", low: 0 });
    this.#steady = true;
    for (const index of [0, 3]) {
      this.#emit(make.movImm(64, index, random.imm()));
      this.#set(index, NUMBER);
    }
    for (let left = 1 + random.below(5); left > 0; left--) this.#statement();
    this.#steady = false;
    if (this.#regs[place]!.kind === "stack") {
      if (random.once(2)) this.#emit(make.load(8, 3, place, 0), make.aluReg(64, random.pick(SIMPLE), 0, 3));
      else this.#emit(make.store(8, place, 0, 3));
    }
    for (const exit of this.#exits.splice(0)) this.#land(exit);
    if (shape === "callback" || shape === "callback of nothing") this.#emit(make.aluImm(64, "and", 0, 1));
    else if (random.once(2)) this.#emit(make.aluImm(64, "and", 0, random.pick([1, 7, 15, 63])));
    this.#emit(make.exit());
  }
}

/** What a function is given. */
type Shape = "numbers" | "stack" | "callback" | "callback of nothing";

function both(one: Known, other: Known): Known {
  if (one.kind === "number" && other.kind === "number")
    return { kind: "number", high: one.high === null || other.high === null ? null : Math.max(one.high, other.high) };
  if (one.kind === "packet" && other.kind === "packet")
    return {
      ...{ kind: "packet", low: Math.min(one.low, other.low), high: Math.max(one.high, other.high) },
      range: Math.min(one.range, other.range),
    };
  if (one.kind === "value" && other.kind === "value" && one.map === other.map)
    return { ...one, low: Math.min(one.low, other.low), high: Math.max(one.high, other.high) };
  return one.kind === other.kind && (one.kind === "context" || one.kind === "end") ? one : NOTHING;
}
