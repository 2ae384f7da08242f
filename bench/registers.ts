/**
 * How should an interpreter in JavaScript hold 64-bit registers?
 *
 * Three small interpreters run the same pre-decoded loop (add, xor, multiply, shift, compare and jump: the mix of a hash
 * function) and differ only in that. Run: `node bench/registers.ts`. The answer decided `src/engine/embedded/interpreter.ts`.
 *
 * Node 24.21, x86-64, 2 cores (ns an instruction, best of 7):
 *
 *     u32 pairs in an Int32Array         5.2
 *     BigUint64Array, plain operators    5.6     V8 sees that only 64 bits are kept and uses machine words
 *     BigUint64Array, asUintN           25.6     and here it does not, though they say the same
 *
 * Equal in this mix, which multiplies a lot. Pairs win because nothing hangs on the optimizer's seeing through a BigInt,
 * and because addresses, sizes and 32-bit operations, most of what programs do, are one word.
 */

// The program, one line an instruction: operation, dst, src, imm.
const ADD = 0;
const XOR = 1;
const MUL = 2;
const SHR = 3;
const LOOP = 4; // r[dst] -= 1; if it is not zero go to the start
const EXIT = 5;
const code = [
  [ADD, 1, 2, 0],
  [XOR, 3, 1, 0],
  [MUL, 3, 4, 0],
  [SHR, 3, 0, 7],
  [ADD, 1, 3, 0],
  [LOOP, 5, 0, 0],
  [EXIT, 0, 0, 0],
] as const;
const op = Uint8Array.from(code, (line) => line[0]);
const dst = Uint8Array.from(code, (line) => line[1]);
const src = Uint8Array.from(code, (line) => line[2]);
const imm = Int32Array.from(code, (line) => line[3]);
const START = [0n, 0x0123_4567_89ab_cdefn, 0x9e37_79b9_7f4a_7c15n, 1n, 0xff51_afd7_ed55_8ccdn, 200_000n] as const;

function pairs(): bigint {
  const buffer = new ArrayBuffer(8 * 11);
  const r = new Int32Array(buffer);
  new BigUint64Array(buffer).set(START);
  for (let pc = 0; ; pc++) {
    const d = dst[pc]! << 1;
    const s = src[pc]! << 1;
    switch (op[pc]) {
      case 0: {
        const low = (r[d]! >>> 0) + (r[s]! >>> 0);
        r[d + 1] = r[d + 1]! + r[s + 1]! + (low > 0xffff_ffff ? 1 : 0);
        r[d] = low;
        break;
      }
      case 1:
        r[d] = r[d]! ^ r[s]!;
        r[d + 1] = r[d + 1]! ^ r[s + 1]!;
        break;
      case 2: {
        const a = r[d]!;
        const b = r[s]!;
        const a0 = a & 0xffff;
        const a1 = a >>> 16;
        const b0 = b & 0xffff;
        const b1 = b >>> 16;
        const low = a0 * b0;
        const middle = a1 * b0 + (low >>> 16);
        const middle2 = (middle & 0xffff) + a0 * b1;
        const carry = a1 * b1 + Math.floor(middle / 65536) + (middle2 >>> 16);
        r[d + 1] = carry + Math.imul(a, r[s + 1]!) + Math.imul(r[d + 1]!, b);
        r[d] = Math.imul(a, b);
        break;
      }
      case 3: {
        const n = imm[pc]!;
        r[d] = (r[d]! >>> n) | (r[d + 1]! << (32 - n));
        r[d + 1] = r[d + 1]! >>> n;
        break;
      }
      case 4: {
        const low = r[d]!;
        r[d] = low - 1;
        if (low === 0) r[d + 1] = r[d + 1]! - 1;
        if (r[d] !== 0 || r[d + 1] !== 0) pc = -1;
        break;
      }
      default:
        return new BigUint64Array(buffer)[3]!;
    }
  }
}

function bigints(wrap: (value: bigint) => bigint): bigint {
  const r = new BigUint64Array(11);
  r.set(START);
  for (let pc = 0; ; pc++) {
    const d = dst[pc]!;
    const s = src[pc]!;
    switch (op[pc]) {
      case 0:
        r[d] = wrap(r[d]! + r[s]!);
        break;
      case 1:
        r[d] = wrap(r[d]! ^ r[s]!);
        break;
      case 2:
        r[d] = wrap(r[d]! * r[s]!);
        break;
      case 3:
        r[d] = wrap(r[d]! >> BigInt(imm[pc]!));
        break;
      case 4:
        r[d] = wrap(r[d]! - 1n);
        if (r[d] !== 0n) pc = -1;
        break;
      default:
        return r[3]!;
    }
  }
}

const contestants: readonly (readonly [string, () => bigint])[] = [
  ["u32 pairs in an Int32Array", pairs],
  ["BigUint64Array, plain operators", () => bigints((value) => value)],
  ["BigUint64Array, asUintN", () => bigints((value) => BigInt.asUintN(64, value))],
];
const expected = pairs();
for (const [name, run] of contestants) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const start = performance.now();
    if (run() !== expected) throw new Error(`${name} computed something else`);
    best = Math.min(best, performance.now() - start);
  }
  console.log(`${name.padEnd(34)}${((best * 1e6) / (200_000 * 6)).toFixed(1).padStart(6)} ns an instruction`);
}
