/** Loops over `range()` as Linux before 6.4 has them: bodies of a function that returns a u64, and what it returns. */

export interface RangeRow {
  readonly name: string;
  readonly body: string;
  readonly top?: string;
  readonly expected: bigint;
}

const STATE = "interface State { a: u32; b: u64 }";

export const RANGES: readonly RangeRow[] = [
  {
    name: "sums",
    body: "const n = ctx.packet.length; let sum: u64 = 0; for (const i of range(n)) sum += i; return sum;",
    expected: 2016n,
  },
  {
    name: "from what is not constant, in 64 bits",
    body: "const n: u64 = ctx.packet.length; let sum: u64 = 0; for (const i of range(n - 4, n)) sum += i; return sum;",
    expected: 246n,
  },
  {
    name: "signed, from below nought",
    body: "const n = i32(ctx.packet.length); let sum: i32 = 0; for (const i of range(0 - n, 3)) sum += i; return u64(i64(sum) + 5000);",
    expected: 2923n,
  },
  {
    name: "no turn",
    body: "const n = ctx.packet.length; let x: u64 = 7; for (const i of range(n, n - 1)) x = i; return x;",
    expected: 7n,
  },
  {
    name: "break and continue",
    body: "const n = ctx.packet.length; let sum: u64 = 0; for (const i of range(n)) { if (i % 2 === 0) continue; if (i > 10) break; sum += i; } return sum;",
    expected: 25n,
  },
  {
    name: "return of the function, with what it found",
    body: "const n = ctx.packet.length; for (const i of range(n)) { const byte = ctx.packet.u8(i); if (byte === null) break; if (byte === 21) return 100 + u64(i); } return 0;",
    expected: 121n,
  },
  {
    name: "return of an inlined function, null or a number",
    top: "function find(ctx: XdpContext, what: u8): u32 | null { for (const i of range(ctx.packet.length)) { const byte = ctx.packet.u8(i); if (byte === null) return null; if (byte === what) return i; } return null; }",
    body: "const a = find(ctx, 9); const b = find(ctx, 200); return (a ?? 1000) + u64(b ?? 500);",
    expected: 509n,
  },
  {
    name: "loops in loops, and jumps to the outer one",
    body: "const n = ctx.packet.length; let sum: u64 = 0; outer: for (const i of range(n)) { for (const j of range(n)) { if (j > i) continue outer; if (i > 5) break outer; sum += j; } } return sum;",
    expected: 35n,
  },
  {
    name: "a return through two loops",
    body: "const n = ctx.packet.length; for (const i of range(n)) { for (const j of range(n)) { if (i * j === 42) return u64(i * 100 + j); } } return 1;",
    expected: 142n,
  },
  {
    name: "in a loop that is none",
    body: "const n = ctx.packet.length; let sum: u64 = 0; for (let k = 0; k < 3; k++) { for (const i of range(n)) { if (i > k) break; if (k === 2) return sum + 1000; sum += i + 1; } } return sum;",
    expected: 1004n,
  },
  {
    name: "structs in the frame and in maps, and numbers that may be null",
    top: STATE,
    body: "const n = ctx.packet.length; const state: State = { a: 0, b: 0 }; let last = ctx.packet.u8(3); for (const i of range(n)) { state.a += 1; state.b += i; last = ctx.packet.u8(i); } out.set(0, state.b); const entry = out.get(0); return state.b + state.a + u64(last ?? 7) + (entry ?? 0);",
    expected: 4159n,
  },
  {
    name: "a switch in the body",
    body: "const n = ctx.packet.length; let sum: u64 = 0; for (const i of range(n)) { switch (i) { case 1: continue; case 2: sum += 100; break; case 5: return sum; default: sum += 1; } } return 0;",
    expected: 103n,
  },
  {
    name: "in a sub-program",
    top: "/** @noinline */\nfunction total(n: u32, by: u64): u64 { let sum: u64 = 0; for (const i of range(n)) { if (sum > 1000) return sum; sum += by; } return sum; }",
    body: "return total(ctx.packet.length, 10) + total(ctx.packet.length, 100);",
    expected: 1740n,
  },
  {
    name: "with callbacks around and within",
    body: "const n = ctx.packet.length; let sum: u64 = 0; bpf_loop(3, (k) => { for (const i of range(n)) { if (i > 9) break; sum += i * k; } }); for (const i of range(n)) { bpf_loop(2, (k) => { sum += k; }); if (i === 3) break; } return sum;",
    expected: 139n,
  },
  {
    name: "more than a thousand between constants, whose numbers are known to be below",
    top: "export let bytes: FixedArray<u8, 4096>;",
    body: "let sum: u64 = 0; for (const i of range(4096)) { bytes[i] = u8(i); sum += bytes[i]; } return sum;",
    expected: 522240n,
  },
];
