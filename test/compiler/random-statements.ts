/**
 * Random statements, in the language and in JavaScript that computes the same: variables and fields of several widths, branches,
 * loops, switches, calls and a map. What they leave is summed up in one number.
 */

/** One piece of code in both. */
interface Both {
  readonly skep: string;
  readonly js: string;
}

const CONSTANTS = [0, 1, 2, 3, 7, 31, 255, 256, 65_535, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

export const DECLARATIONS = `interface Point { x: u32; y: u32 }
interface State { a: u32; words: FixedArray<u32, 4>; half: u16; small: i8; point: Point }
export const seen = hash<u32, u32>({ maxEntries: 8 });
function f0(a: u32, b: u32): u32 { if (a > b) return a - b; return b; }
function f1(a: u32, b: u32): u32 { let r: u32 = a; for (let i = 0; i < 3; i++) { if (r === b) break; r = r * 3 + b; } return r; }
function f2(a: u32, b: u32): u32 { switch (a & 3) { case 0: return b; case 1: a += b; case 2: a ^= 5; break; default: a = f0(b, a); } return a; }`;

const JAVASCRIPT = `const f0 = (a, b) => (a > b ? (a - b) >>> 0 : b);
const f1 = (a, b) => { let r = a; for (let i = 0; i < 3; i++) { if (r === b) break; r = (Math.imul(r, 3) + b) >>> 0; } return r; };
const f2 = (a, b) => { switch (a & 3) { case 0: return b; case 1: a = (a + b) >>> 0; case 2: a = (a ^ 5) >>> 0; break; default: a = f0(b, a); } return a; };
const s = { a: 1, words: [1, 2, 3, 4], half: 9, small: -1, point: { x: 5, y: 6 } };`;

const PARTS = ["a", "words[0]", "words[1]", "words[2]", "words[3]", "half", "point.x", "point.y"];

/** The body of a function that returns a u64, and what it returns on a packet. */
export function randomStatements(seed: number, packet: Uint8Array): { readonly body: string; readonly result: bigint } {
  const { skep, js } = new Generator(seed).statements(6);
  const sum = PARTS.map((part, index) => `u64(s.${part}) * ${2 * index + 1}`).join(" + ");
  const body = `const s: State = { a: 1, words: [1, 2, 3, 4], half: 9, small: -1, point: { x: 5, y: 6 } };
${skep}
return ${sum} + u64(u8(s.small)) * 29;`;
  const sumJs = PARTS.map((part, index) => `BigInt(s.${part}) * ${2 * index + 1}n`).join(" + ");
  const run = new Function("packet", "seen", `${JAVASCRIPT}\n${js}\nreturn ${sumJs} + BigInt(s.small & 255) * 29n;`);
  return { body, result: run(packet, new Map()) };
}

class Generator {
  #seed: number;
  #names = 0;
  #depth = 0;
  /** Of the loops around: a `while` counts at its beginning, so that `continue` is no endless loop there either. */
  #loops = 0;
  #variables: readonly string[] = [];

  constructor(seed: number) {
    this.#seed = seed;
  }

  #below(bound: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * bound);
  }

  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  /** A number of 32 bits or fewer, without a sign. */
  #number(depth: number): Both {
    if (depth === 0 || this.#below(4) === 0) return this.#leaf();
    const [a, b] = [this.#number(depth - 1), this.#number(depth - 1)];
    switch (this.#below(11)) {
      case 0:
        return { skep: `(${a.skep} * ${b.skep})`, js: `(Math.imul(${a.js}, ${b.js}) >>> 0)` };
      case 1:
        return { skep: `(u32(${a.skep}) >> (${b.skep} & 31))`, js: `(${a.js} >>> (${b.js} & 31))` };
      case 2: {
        const test = this.#condition(depth - 1);
        return { skep: `(${test.skep} ? u32(${a.skep}) : u32(${b.skep}))`, js: `(${test.js} ? ${a.js} : ${b.js})` };
      }
      case 3: {
        const name = this.#pick(["min", "max"]);
        return { skep: `Math.${name}(u32(${a.skep}), u32(${b.skep}))`, js: `Math.${name}(${a.js}, ${b.js})` };
      }
      case 4:
        return { skep: `u8(${a.skep})`, js: `(${a.js} & 255)` };
      case 5:
        return { skep: `u32(i8(u8(${a.skep})))`, js: `(((${a.js} << 24) >> 24) >>> 0)` };
      case 6: {
        const name = this.#pick(["f0", "f1", "f2"]);
        return { skep: `${name}(${a.skep}, ${b.skep})`, js: `${name}(${a.js}, ${b.js})` };
      }
      default: {
        const op = this.#pick(["+", "-", "&", "|", "^"]);
        return { skep: `(${a.skep} ${op} ${b.skep})`, js: `((${a.js} ${op} ${b.js}) >>> 0)` };
      }
    }
  }

  #leaf(): Both {
    switch (this.#below(6)) {
      case 0:
        return same("s.a");
      case 1:
        return same(`s.words[${this.#below(4)}]`);
      case 2: {
        const offset = this.#below(80);
        return { skep: `(ctx.packet.u8(${offset}) ?? 77)`, js: `(packet[${offset}] ?? 77)` };
      }
      case 3: {
        const value = this.#pick(CONSTANTS);
        return { skep: `u32(${value})`, js: `${value}` };
      }
      default:
        return same(this.#variables.length === 0 ? "s.half" : this.#pick(this.#variables));
    }
  }

  #condition(depth: number): Both {
    if (depth > 0 && this.#below(3) === 0) {
      const [a, b] = [this.#condition(depth - 1), this.#condition(depth - 1)];
      const op = this.#pick(["&&", "||"]);
      return { skep: `(${a.skep} ${op} ${b.skep})`, js: `(${a.js} ${op} ${b.js})` };
    }
    const [a, b] = [this.#number(depth), this.#number(depth)];
    const op = this.#pick(["<", "<=", ">", ">=", "===", "!=="]);
    return this.#below(5) === 0
      ? { skep: `!(i32(${a.skep}) ${op} i32(${b.skep}))`, js: `!((${a.js} | 0) ${op} (${b.js} | 0))` }
      : { skep: `(${a.skep} ${op} ${b.skep})`, js: `(${a.js} ${op} ${b.js})` };
  }

  statements(count: number): Both {
    const outer = this.#variables;
    const list = Array.from({ length: count }, () => this.#statement());
    this.#variables = outer;
    return { skep: list.map(({ skep }) => skep).join("\n"), js: list.map(({ js }) => js).join("\n") };
  }

  #statement(): Both {
    if (this.#depth > 3) return this.#assignment();
    this.#depth++;
    try {
      return this.#compound();
    } finally {
      this.#depth--;
    }
  }

  #compound(): Both {
    switch (this.#below(9)) {
      case 0: {
        const value = this.#number(2);
        const name = `v${this.#names++}`;
        this.#variables = [...this.#variables, name];
        return { skep: `let ${name}: u32 = ${value.skep};`, js: `let ${name} = ${value.js};` };
      }
      case 1: {
        const test = this.#condition(1);
        const [yes, no] = [this.statements(1 + this.#below(3)), this.statements(this.#below(3))];
        return around(["if (", test, ") {\n", yes, "\n} else {\n", no, "\n}"]);
      }
      case 2:
        return this.#loop();
      case 3: {
        if (this.#loops === 0) return this.#assignment();
        return around(["if (", this.#condition(1), `) ${this.#pick(["break", "continue"])};`]);
      }
      case 4:
        return this.#switch();
      case 5: {
        const value = this.#number(1);
        return {
          skep: `s.point = { x: s.point.y, y: u32(${value.skep}) };`,
          js: `s.point = { x: s.point.y, y: ${value.js} };`,
        };
      }
      case 6: {
        const key = this.#number(1);
        return {
          skep: `{ const n = seen.get(u32(${key.skep}) & 3); if (n !== null) s.a += n; seen.set(s.a & 3, s.words[1]); if (seen.get(1) === 2) s.a ^= 1; }`,
          js: `{ const n = seen.get(${key.js} & 3); if (n !== undefined) s.a = (s.a + n) >>> 0; seen.set(s.a & 3, s.words[1]); if (seen.get(1) === 2) s.a = (s.a ^ 1) >>> 0; }`,
        };
      }
      default:
        return this.#assignment();
    }
  }

  #loop(): Both {
    if (this.#loops > 1) return this.#assignment();
    const name = `count${this.#names++}`;
    this.#loops++;
    const body = this.statements(1 + this.#below(3));
    this.#loops--;
    if (this.#below(3) === 0) {
      const head = `while (${name} < 4) {\n${name}++;\n`;
      return { skep: `let ${name}: u32 = 0; ${head}${body.skep}\n}`, js: `let ${name} = 0; ${head}${body.js}\n}` };
    }
    const step = this.#pick([`${name}++`, `${name} += 2`]);
    return around([`for (let ${name} = 0; ${name} < ${1 + this.#below(5)}; ${step}) {\n`, body, "\n}"]);
  }

  #switch(): Both {
    const label = `way${this.#names++}`;
    const leave = this.#pick([`break ${label};`, ""]);
    const parts = [this.statements(2), this.statements(1), this.statements(1)] as const;
    return around([
      `${label}: switch (`,
      this.#number(1),
      ` & 3) {\ncase ${this.#below(3)}: {\n`,
      parts[0],
      `\n${leave} }\ncase 3: {\n`,
      parts[1],
      `\nbreak ${label}; }\ndefault: {\n`,
      parts[2],
      "\n}\n}",
    ]);
  }

  #assignment(): Both {
    const value = this.#number(2);
    if (this.#below(5) === 0) {
      return {
        skep: `s.half += u16(${value.skep}); s.small = i8(u8(s.half));`,
        js: `s.half = (s.half + (${value.js} & 0xffff)) & 0xffff; s.small = (s.half << 24) >> 24;`,
      };
    }
    const target = this.#pick(["s.a", `s.words[${this.#below(4)}]`, "s.point.x", ...this.#variables]);
    const op = this.#pick(["", "+", "-", "^", "*"]);
    const js =
      op === "" ? value.js : op === "*" ? `Math.imul(${target}, ${value.js}) >>> 0` : `(${target} ${op} ${value.js}) >>> 0`;
    return { skep: `${target} ${op}= ${value.skep};`, js: `${target} = ${js};` };
  }
}

function same(text: string): Both {
  return { skep: text, js: text };
}

function around(pieces: readonly (string | Both)[]): Both {
  const text = (side: keyof Both) => pieces.map((piece) => (typeof piece === "string" ? piece : piece[side])).join("");
  return { skep: text("skep"), js: text("js") };
}
