/**
 * What programs of the language compute: bodies of a function that returns u64, and the result, on a packet whose bytes are
 * 0, 1, 2, … Each is a promise of docs/language.md. They run in the embedded engine (language.test.ts) and in the kernel
 * (kernel.test.ts).
 */

export type Row = readonly [body: string, result: bigint];

export interface Group {
  readonly name: string;
  readonly rows: readonly Row[];
  /** Declarations that the bodies use. */
  readonly top: string;
}

function group(name: string, rows: readonly Row[], top = ""): Group {
  return { name, rows, top };
}

const M64 = 1n << 64n;

/** Numbers that the compiler cannot know: read from the packet. */
const READ = `
function byte(ctx: XdpContext, offset: u32): u8 { return ctx.packet.u8(offset) ?? 0; }
function word(ctx: XdpContext, offset: u32): u32 { return ctx.packet.u32(offset) ?? 0; }
`;

const STRUCTS = `${READ}
  interface Inner { x: u8; y: u32 }
  interface Inners { a: Inner; b: Inner } interface Wide { inners: Inners; big: be64 }
  function wide(): Wide { return { inners: { a: { x: 1, y: 2 }, b: { x: 3, y: 4 } }, big: 0x1_0000_0005 }; }
  interface Outer { tag: u8; inner: Inner; bytes: FixedArray<u8, 8>; words: FixedArray<u16, 4>; port: be16; flag: bool; total: u64 }
  /** @packed */
  interface Tight { a: u8; b: u32; c: u64 }
  function fresh(): Outer { return { tag: 1, inner: { x: 2, y: 3 }, bytes: [1, 2, 3, 4, 5, 6, 7, 8], words: [10, 20, 30, 40], port: 0x1234, flag: true, total: 99 }; }`;

const switchOn = (n: number) => `let r: u32 = 0;
      switch (byte(ctx, ${n})) { case 1: r += 1; case 2: r += 10; break; default: r += 100; case 4: r += 1000; break; case 5: return 5; }
      return r;`;

const CALLS = `${READ}export const calls = array<u32>({ maxEntries: 1 });
      function called(ctx: XdpContext, answer: bool): bool { calls.increment(0); return answer; }
      function count(): u32 { return calls.get(0) ?? 0; }`;

const FUNCTIONS = `${READ}interface Pair { a: u32; b: u64 }
      function twice(x: u32): u32 { x += x; return x; }
      const square = (x: u64): u64 => x * x;
      function bump(pair: Pair): void { pair.a += 1; pair.b += pair.a; }
      function make(a: u32): Pair { return { a, b: 7 }; }
      function early(x: u32) { if (x > 3) return 1; return 2; }
      function maybe(x: u32): u32 | null { if (x === 0) return null; return x; }`;

const SUBPROGRAMS = `${READ}interface Pair { a: u32; b: u64 }
      export const pairs = hash<u32, Pair>({ maxEntries: 2 });
      /** @noinline */
      function twice(x: u32): u32 { x += x; return x; }
      /** @noinline */
      const quad = (x: u32): u32 => twice(twice(x));
      /** @noinline */
      function bump(pair: Pair, by: u64): void { pair.a += 1; pair.b += by; }
      /** @noinline */
      function maybe(x: u64 | null, y: u8 | null): u64 | null { if (x === null) return null; return x + (y ?? 100); }
      /** @noinline */
      function narrow(x: i8): i16 | null { if (x === 0) return null; return x; }
      /** @noinline */
      function found(key: u32): Pair | null { return pairs.get(key); }
      /** @noinline */
      function portOf(ctx: XdpContext, packet: Packet, offset: u32): u16 | null { return ctx.packet.length > 60 ? packet.u16(offset) : null; }
      /** @noinline */
      function typeOf(eth: Ethernet | null): u16 { return eth === null ? 1 : eth.type; }
      /** @noinline */
      function isBig(x: i32): bool { return x > 5; }
      /** @noinline */
      function last(mac: MacAddress): u8 { return mac[5]; }`;

const CALLBACKS = `${READ}interface Sum { total: u64; calls: u32 }
      export const entries = hash<u32, u64>({ maxEntries: 8 });
      export const records = array<Sum>({ maxEntries: 3 });
      function add(index: u32, sum: Sum): void { sum.total += index; sum.calls += 1; }
      function untilThree(index: u32): bool { return index === 3; }
      function first(): Sum { return { total: 0, calls: 0 }; }`;

const RANGES = `${READ}interface Pair { a: u32; b: u32 }
      function bytes(): FixedArray<u8, 4> { const x: FixedArray<u8, 4> = [1, 2, 3, 4]; return x; }
      function pairs(): FixedArray<Pair, 2> { const x: FixedArray<Pair, 2> = [{ a: 1, b: 2 }, { a: 3, b: 4 }]; return x; }
      function early(n: u32): bool { for (const i of range(n)) { if (i === 2) return true; } return false; }`;

const GENERICS = `${READ}interface Pair<A, B = A> { a: A; b: B }
      type Row<T> = FixedArray<T, 3>;
      interface Nested<T> { pair: Pair<T>; row: Row<T> }
      export const pairs = hash<Pair<u8, u32>, Pair<u64>>({ maxEntries: 2 });
      function larger<T extends number>(a: T, b: T): T { return a > b ? a : b; }
      function swapped<A, B>({ a, b }: Pair<A, B>): Pair<B, A> { const x: Pair<B, A> = { a: b, b: a }; return x; }
      function total<N extends number>(xs: FixedArray<u32, N>): u64 { let n: u64 = 0; for (const x of xs) n += x; return n; }
      function first<T>(pair: Pair<T>): T { return pair.a; }
      function orElse<T extends number>(x: T | null, otherwise: T): T { return x ?? otherwise; }
      function wrap<T extends number>(x: u64): T { const pair: Pair<T> = make<T>(); pair.a += 1; return pair.a; }
      function make<T>(): Pair<T> { const pair: Pair<T> = { a: 255, b: 0 }; return pair; }`;

const MAPS = `interface Key { a: u8; b: u32 } interface Value { n: u32; m: u64 }
      export const numbers = hash<u32, u64>({ maxEntries: 2 });
      export const structs = hash<Key, Value>({ maxEntries: 4 });
      export const cells = array<u16>({ maxEntries: 3 });
      export const ports = hash<be16, u32>({ maxEntries: 4 });
      export const own = perCpuHash<u8, u8>({ maxEntries: 4 });`;

export const GROUPS: readonly Group[] = [
  group(
    "promote to 32 bits, widen, and wrap",
    [
      ["const a = byte(ctx, 63); return a + 255;", 318n],
      ["return u8(byte(ctx, 63) + 255);", 62n],
      ["const a = word(ctx, 60); return a + a + a + a + a;", (0x3c3d3e3fn * 5n) & 0xffff_ffffn],
      ["const a: u64 = word(ctx, 60); return a + a + a + a + a;", 0x3c3d3e3fn * 5n],
      ["return byte(ctx, 1) - byte(ctx, 2);", 0xffff_ffffn],
      ["return u64(byte(ctx, 1)) - byte(ctx, 2);", M64 - 1n],
      ["const a = byte(ctx, 3); return a * a * a;", 27n],
      ["return u64(1n << 63n) + word(ctx, 0);", (1n << 63n) + 0x00010203n],
    ],
    READ,
  ),
  group(
    "casts keep the low bits, or extend as the operand's sign says",
    [
      ["return u64(i8(byte(ctx, 60) + 140));", M64 - 56n],
      ["return u64(u32(i8(byte(ctx, 60) + 140)));", 0xffff_ffc8n],
      ["return u64(i16(i8(byte(ctx, 60) + 140)));", M64 - 56n],
      ["return u64(u16(i8(byte(ctx, 60) + 140)));", 0xffc8n],
      ["return u8(word(ctx, 60));", 0x3fn],
      ["return u64(i64(i32(word(ctx, 60))));", 0x3c3d3e3fn],
      ["return u64(i64(i32(word(ctx, 60) << 2)));", M64 - (0x1_0000_0000n - ((0x3c3d3e3fn << 2n) & 0xffff_ffffn))],
      ["return u8(byte(ctx, 3) === 3);", 1n],
      ["return u32(bool(byte(ctx, 0)));", 0n],
      ["return u8(-1);", 255n],
      ["return u64(i8(200));", M64 - 56n],
    ],
    READ,
  ),
  group(
    "signed arithmetic: division towards zero, >> keeps the sign, >>> does not",
    [
      ["const a = i32(byte(ctx, 7)) - 14; return u64(i64(a / 2));", M64 - 3n],
      ["const a = i32(byte(ctx, 7)) - 14; return u64(i64(a % 4));", M64 - 3n],
      ["const a = i64(byte(ctx, 7)) - 14; return u64(a / -2);", 3n],
      ["const a = i32(byte(ctx, 7)) - 15; return u64(i64(a >> 1));", M64 - 4n],
      ["const a = i32(byte(ctx, 7)) - 15; return a >>> 1;", 0x7fff_fffcn],
      ["const a = i8(byte(ctx, 7) - 15); return a >>> 28;", 15n],
      ["const a = i32(byte(ctx, 7)); return u32(-a);", 0xffff_fff9n],
      ["const a = i32(u32(1) << 31) + i32(byte(ctx, 0)); return u64(i64(a / (i32(byte(ctx, 0)) - 1)));", M64 - (1n << 31n)],
      ["const a = i32(byte(ctx, 7)) - 14; return a < 0 ? 1 : 2;", 1n],
      ["const a = u32(byte(ctx, 7)) - 14; return a < 1 ? 1 : 2;", 2n],
    ],
    READ,
  ),
  group(
    "divide by zero as eBPF does: 0, and modulo gives the dividend",
    [
      ["return word(ctx, 60) / byte(ctx, 0);", 0n],
      ["return word(ctx, 60) % byte(ctx, 0);", 0x3c3d3e3fn],
      ["return u64(i64(byte(ctx, 5)) / i64(byte(ctx, 0)));", 0n],
      ["return u64(i32(byte(ctx, 5)) % i32(byte(ctx, 0)));", 5n],
    ],
    READ,
  ),
  group(
    "shifts take the low bits of an amount that is not constant",
    [
      ["return word(ctx, 0) << byte(ctx, 33);", 0x00020406n],
      ["return u64(word(ctx, 0)) << byte(ctx, 33);", 0x00010203n << 33n],
      ["return 1 << byte(ctx, 5);", 32n],
      ["const a: u64 = 1 << byte(ctx, 40); return a;", 1n << 40n],
    ],
    READ,
  ),
  group(
    "constants are exact until they meet a type",
    [
      ["return (1 << 40) / (1 << 38);", 4n],
      ["const big = 0xffff_ffff_ffffn; return big;", 0xffff_ffff_ffffn],
      ["const a = u32(ctx.packet.length); return a & ~0x3f;", 64n],
      ["return Math.max(7, 3) + Math.min(ctx.packet.length, 10);", 17n],
      ["return 7 % 4 + 5 / 2;", 5n],
      ["return 1e9 + 2E3;", 1_000_002_000n],
      ["return u32(~0);", 0xffff_ffffn],
      ["return BURST + (SLOW && !FAST ? 1 : 2);", 301n],
    ],
    "const RATE: u16 = 100; const BURST = RATE * 3; const SLOW = BURST > 3; const FAST = !SLOW || RATE === 5;",
  ),
  group(
    "compound assignment wraps in the target's type and evaluates it once",
    [
      ["let a: u8 = 250; a += 10; return a;", 4n],
      ["let a: u8 = 1; a -= 2; return a;", 255n],
      ["let a: i8 = 127; a++; return u64(a);", M64 - 128n],
      ["let a: u16 = 3; a <<= 15; return a;", 0x8000n],
      ["let a: i16 = -5; a >>= 1; return u64(a);", M64 - 3n],
      ["let a: u32 = 12; a *= byte(ctx, 3); a /= 5; a %= 5; a |= 8; a ^= 1; a &= ~2; return a;", 9n],
      ["let a: u64 = 1; a--; a--; return a;", M64 - 1n],
    ],
    READ,
  ),
  group("loops, labels, break and continue", [
    ["let sum: u32 = 0; for (let i = 0; i < 10; i++) sum += i; return sum;", 45n],
    ["let n: u32 = 0; while (n < 7) { n += 2; if (n === 4) continue; if (n > 5) break; } return n;", 6n],
    ["let n: u32 = 0; do n++; while (n < 5); return n;", 5n],
    ["let n: u32 = 0; do { n++; if (n === 3) continue; } while (n !== 3); return n;", 3n],
    [
      "let n: u32 = 0; outer: for (let i = 0; i < 5; i++) { for (let j = 0; j < 5; j++) { if (j === 2) continue outer; if (i === 3) break outer; n++; } } return n;",
      6n,
    ],
    ["let n: u32 = 0; done: { n = 1; if (ctx.packet.length > 3) break done; n = 2; } return n;", 1n],
    ["let a: u32 = 0; for (let i = 0, j = 10; i < j; i++, j--) a += j - i; return a;", 30n],
    ["let n: u32 = 0; for (;;) { n++; if (n > 2) return n; }", 3n],
    ["while (true) { break; } return 4;", 4n],
  ]),
  group(
    "switch falls through, and default stands anywhere",
    [
      [switchOn(1), 11n],
      [switchOn(2), 10n],
      [switchOn(3), 1100n],
      [switchOn(4), 1000n],
      [switchOn(5), 5n],
    ],
    READ,
  ),
  group(
    "&& and || do not run their right side needlessly",
    [
      ["if (called(ctx, false) && called(ctx, true)) return 9; return count();", 1n],
      ["if (called(ctx, true) || called(ctx, true)) return count(); return 9;", 1n],
      ["const b = called(ctx, true) && !called(ctx, false); return b ? count() : 9;", 2n],
      ["return called(ctx, true) ? count() : called(ctx, true) ? 8 : 9;", 1n],
    ],
    CALLS,
  ),
  group(
    "functions are inlined; parameters are copies, structs references",
    [
      ["let x = twice(twice(5)); const y = twice(x); return x + y;", 60n],
      ["return square(square(byte(ctx, 3)));", 81n],
      ["const p: Pair = { a: 1, b: 10 }; bump(p); bump(p); return p.b * 10 + p.a;", 153n],
      ["const p = make(1); const q = make(2); bump(p); return u64(p.a) * 100 + q.a * 10 + u32(p.b - 7);", 222n],
      ["return early(byte(ctx, 4)) * 10 + early(byte(ctx, 2));", 12n],
      ["return (maybe(byte(ctx, 0)) ?? 5) + (maybe(byte(ctx, 4)) ?? 5);", 9n],
      ["let m = maybe(byte(ctx, 4)); if (m === null) return 0; m += 1; return m;", 5n],
    ],
    FUNCTIONS,
  ),
  group(
    "functions that are called: numbers, numbers that may be null, structs, maps' values, the context and its packet",
    [
      ["return twice(21) + quad(10);", 82n],
      ["const pair: Pair = { a: 1, b: 2 }; bump(pair, 1n << 40n); return pair.a + pair.b;", 4n + (1n << 40n)],
      ["return maybe(5, 6) ?? 7;", 11n],
      ["return maybe(null, 6) ?? 7;", 7n],
      ["return maybe(0xffff_ffff_ffff_ff00n, null) ?? 7;", M64 - 156n],
      ["return u64(narrow(-3) ?? 9);", M64 - 3n],
      ["return u64(narrow(0) ?? 9);", 9n],
      ["return found(1) === null ? 1 : 2;", 1n],
      [
        "pairs.set(1, { a: 5, b: 6 }); const p = found(1); if (p !== null) { p.a += 1; bump(p, 10); } return (found(1)?.a ?? 0) + (found(1)?.b ?? 0);",
        23n,
      ],
      ["return portOf(ctx, ctx.packet, 2) ?? 1;", 0x0203n],
      ["return portOf(ctx, ctx.packet, 63) ?? 1;", 1n],
      ["return typeOf(ctx.packet.at(Ethernet, 0));", 0x0c0dn],
      ["return typeOf(null);", 1n],
      ["return (isBig(6) ? 10 : 0) + (isBig(-1) ? 1 : 0);", 10n],
      [
        'const eth = ctx.packet.at(Ethernet, 0); return eth === null ? 0 : last(eth.source) + last(mac("00:00:00:00:00:07"));',
        18n,
      ],
      ["let sum: u32 = 0; for (let i = 0; i < 5; i++) sum += twice(i); return sum;", 20n],
    ],
    SUBPROGRAMS,
  ),
  group(
    "functions that helpers call back: with a state, or with what is around them",
    [
      ["const sum: Sum = { total: 0, calls: 0 }; bpf_loop(5, add, sum); return sum.total * 10 + sum.calls;", 105n],
      ["return u64(bpf_loop(10, untilThree));", 4n],
      ["let n: u32 = 0; bpf_loop(byte(ctx, 7), () => { n += 2; }); return n;", 14n],
      ["let n: u64 = 0; bpf_loop(5, (i) => { if (i === 3) return true; n += i; return false; }); return n;", 3n],
      [
        "const sum: Sum = { total: 1, calls: 0 }; bpf_loop(3, (i, state) => { state.total *= 2; state.calls += i; }, sum); return sum.total * 10 + sum.calls;",
        83n,
      ],
      ["let a: u32 | null = null; bpf_loop(3, (i) => { if (a === null) a = 5; else a += i; }); return a ?? 0;", 8n],
      [
        "const eth = ctx.packet.at(Ethernet, 0); if (eth === null) return 1; let n: u32 = 0; bpf_loop(2, () => { n += eth.type; }); return n;",
        0x0c0dn * 2n,
      ],
      ["let n: u64 = 0; bpf_loop(4, (i) => { n += ctx.packet.u8(i) ?? 100; n += ctx.packet.length; }); return n;", 6n + 256n],
      ["let n: u32 = 0; bpf_loop(3, (i) => { bpf_loop(3, (j) => { n += i * j; }); }); return n;", 9n],
      [
        "const by = byte(ctx, 9); let n: u32 = 0; bpf_loop(2, (i: u32) => { n += by; }); bpf_loop(2, (i) => { n += i; return 0; }); return n;",
        19n,
      ],
      [
        "entries.set(1, 10); entries.set(2, 20); let n: u64 = 0; bpf_for_each_map_elem(entries, (map, key, value) => { n += value * key; }); return n;",
        50n,
      ],
      [
        "entries.set(1, 10); entries.set(2, 20); bpf_for_each_map_elem(entries, (map, key) => { map.delete(key); }); return entries.has(1) || entries.has(2) ? 1 : 0;",
        0n,
      ],
      [
        "bpf_for_each_map_elem(records, (map, key, value) => { value.total = key + 1; value.calls += 2; }); const r = records.get(2); return r === null ? 0 : r.total * 10 + r.calls;",
        32n,
      ],
      [
        "const sum: Sum = { total: 0, calls: 0 }; return u64(bpf_for_each_map_elem(records, (map, key, value, s) => { s.calls += 1; return key === 1; }, sum));",
        2n,
      ],
    ],
    CALLBACKS,
  ),
  group(
    "ranges: constant ones are plain loops, others the kernel's iterator",
    [
      ["let n: u32 = 0; for (const i of range(5)) n += i; return n;", 10n],
      ["let n: u32 = 0; for (const i of range(3, 6)) { if (i === 4) continue; n += i; } return n;", 8n],
      ["let n: i32 = 0; for (const i of range(-3, 2)) n = n * 10 + i; return u64(n);", M64 - 32099n],
      ["let n: u32 = 0; for (const i of range(7, 3)) n += 1; return n;", 0n],
      ["let n: u32 = 0; for (const i of range(byte(ctx, 9))) n += i; return n;", 36n],
      ["let n: u32 = 0; for (const i of range(byte(ctx, 5), byte(ctx, 9))) { if (i === 8) break; n += i; } return n;", 18n],
      ["let n: u32 = 0; for (const i of range(byte(ctx, 9), byte(ctx, 5))) n += 1; return n;", 0n],
      ["for (const i of range(byte(ctx, 9))) { if (i * i > 30) return i; } return 0;", 6n],
      [
        "let n: u32 = 0; outer: for (const i of range(byte(ctx, 5))) { for (const j of range(byte(ctx, 5))) { if (j === 2) continue outer; if (i === 3) break outer; n += 1; } } return n;",
        6n,
      ],
      ["let n: u64 = 0; for (const i of range(100_000)) { n += i; if (i === 2000) break; } return n;", 2001000n],
      [
        "const m: u64 = byte(ctx, 3); let n: u64 = 0; for (const i of range(u64(1n << 40n), (1n << 40n) + m)) n += i; return n;",
        3n * (1n << 40n) + 3n,
      ],
      [
        "const m: i32 = i32(byte(ctx, 3)) - 5; let n: i32 = 0; for (const i of range(m, 1)) n = n * 10 + i; return u64(n);",
        M64 - 210n,
      ],
      ["let n: u32 = 0; for (let i of range(byte(ctx, 4))) { i += 10; n += i; } return n;", 46n],
      ["let n: u32 = 0; for (const i of range(2)) { for (const x of bytes()) { if (x === 3) break; n += x; } } return n;", 6n],
      ["let n: u32 = 0; for (const { a, b } of pairs()) n += a * b; return n;", 14n],
      ["let n: u32 = 0; const all = pairs(); for (const p of all) p.a += 1; for (const p of all) n += p.a; return n;", 6n],
      ["let n: u32 = 0; for (const x of bytes()) { if (early(x)) return 9; n += x; } return n;", 9n],
    ],
    RANGES,
  ),
  group(
    "generic functions and types: one for each of their types",
    [
      ["return larger(byte(ctx, 3), byte(ctx, 9));", 9n],
      ["return larger(byte(ctx, 3), word(ctx, 0));", 0x00010203n],
      ["const a: i32 = -5; return u64(larger(a, 3)) + larger(1, 2);", 5n],
      ["return larger<u64>(1n << 40n, byte(ctx, 1));", 1n << 40n],
      ["const p: Pair<u8, u64> = { a: 3, b: 1n << 40n }; const q = swapped(p); return q.a + q.b;", (1n << 40n) + 3n],
      [
        "const xs: FixedArray<u32, 4> = [1, 2, 3, 4]; const ys: FixedArray<u32, 2> = [5, 6]; return total(xs) * 100 + total(ys);",
        1011n,
      ],
      ["const n: Nested<u16> = { pair: { a: 1, b: 2 }, row: [3, 4, 5] }; return first(n.pair) + n.row[2] + Number16();", 22n],
      ["const x = ctx.packet.u8(70); return orElse(x, 9) + orElse(ctx.packet.u16(0), 1);", 10n],
      ["return wrap<u8>(0) + wrap<u32>(0);", 256n],
      ["pairs.set({ a: 1, b: 2 }, { a: 3, b: 4 }); return pairs.get({ a: 1, b: 2 })?.b ?? 0;", 4n],
    ],
    `${GENERICS} function Number16(): u32 { return 16; }`,
  ),
  group(
    "??=, &&= and ||= assign where the left side is null, true or false",
    [
      ["let x = ctx.packet.u8(70); x ??= 5; return x;", 5n],
      ["let x = ctx.packet.u8(7); x ??= 5; return x;", 7n],
      ["let x: bool = byte(ctx, 1) === 1; x &&= byte(ctx, 2) === 3; return x ? 1 : 2;", 2n],
      ["let x: bool = byte(ctx, 1) === 2; x ||= byte(ctx, 2) === 2; return x ? 1 : 2;", 1n],
      ["let x: bool = byte(ctx, 1) === 1; x ||= fail(); return x ? 1 : 2;", 1n],
      ["const f: Flags = { a: true, b: false }; f.a &&= false; f.b ||= true; return (f.a ? 1 : 0) + (f.b ? 2 : 0);", 2n],
    ],
    `${READ} interface Flags { a: bool; b: bool } export const fails = array<u32>({ maxEntries: 1 }); function fail(): bool { fails.increment(0); return false; }`,
  ),
  group(
    "fields, nested structs and copies",
    [
      ["const s = fresh(); return s.inner.x * 10 + s.inner.y;", 23n],
      ["const s = fresh(); s.inner = { x: 7, y: s.inner.y }; return s.inner.x * 10 + s.inner.y;", 73n],
      ["const s = fresh(); const t = fresh(); t.inner.y = 50; s.inner = t.inner; t.inner.y = 60; return s.inner.y;", 50n],
      ["const w = wide(); w.inners = { a: w.inners.b, b: w.inners.a }; return w.inners.a.y * 10 + w.inners.b.y;", 42n],
      ["const w = wide(); return (u32(w.big) === 5 ? 1 : 0) + (w.big === 5 ? 10 : 0);", 1n],
      ["const s = fresh(); return s.port;", 0x1234n],
      ["const s = fresh(); s.port += 1; return s.port;", 0x1235n],
      ["const s = fresh(); s.flag = !s.flag; return s.flag ? 1 : 2;", 2n],
      [
        "const t: Tight = { a: 1, b: 0x01020304, c: 0x1122334455667788n }; return t.c ^ t.b ^ t.a;",
        0x1122334455667788n ^ 0x01020304n ^ 1n,
      ],
    ],
    STRUCTS,
  ),
  group(
    "indices that are proven: constants, masks, counters",
    [
      ["const s = fresh(); return s.bytes[7] * 10 + s.words[0];", 90n],
      ["const s = fresh(); return s.bytes[byte(ctx, 13) & 7];", 6n],
      ["const s = fresh(); let sum: u32 = 0; for (let i = 0; i < s.words.length; i++) sum += s.words[i]; return sum;", 100n],
      ["const s = fresh(); s.words[byte(ctx, 5) % 4] += 5; return s.words[1];", 25n],
      ["const s = fresh(); for (let i: u8 = 0; i <= 7; i++) s.bytes[i] = i; return s.bytes[6];", 6n],
    ],
    STRUCTS,
  ),
  group(
    "reads are in network order, or null beyond the end",
    [
      ["return ctx.packet.u8(63) ?? 100;", 63n],
      ["return ctx.packet.u16(62) ?? 1000;", 0x3e3fn],
      ["return ctx.packet.u32(60) ?? 1000;", 0x3c3d3e3fn],
      ["return ctx.packet.u32(61) ?? 1000;", 1000n],
      ["return ctx.packet.u8(64) ?? 100;", 100n],
      ["return ctx.packet.u8(0xffff_ffff) ?? 100;", 100n],
      ["return ctx.packet.u8(word(ctx, 60)) ?? 100;", 100n],
      ["return ctx.packet.u8(byte(ctx, 40)) ?? 100;", 40n],
      ["return ctx.packet.length;", 64n],
      ["const packet = ctx.packet; return packet.length;", 64n],
    ],
    READ,
  ),
  group(
    "headers: integers, bits, addresses",
    [
      ["const e = ctx.packet.at(Ethernet, 0); if (e === null) return 0; return e.type;", 0x0c0dn],
      [
        "const e = ctx.packet.at(Ethernet, 0); if (e === null) return 0; return e.type === 0x0c0d && e.type !== 0x0d0c ? 1 : 2;",
        1n,
      ],
      ["const e = ctx.packet.at(Ethernet, 51); return e === null ? 1 : 2;", 1n],
      ['const e = ctx.packet.at(Ethernet, 0); return e && e.source === mac("06:07:08:09:0a:0b") ? 1 : 2;', 1n],
      ["const e = ctx.packet.at(Ethernet, 0); return e && e.source === e.destination ? 1 : 2;", 2n],
      ["const i = ctx.packet.at(Ipv4, 0x45); return i === null ? 1 : 2;", 1n],
      ["const i = ctx.packet.at(Ipv4, 21); return i ? i.version * 100 + i.headerLength : 0;", 120n],
      ['const i = ctx.packet.at(Ipv4, 0); return i && i.source === ipv4("12.13.14.15") ? 1 : 2;', 1n],
      ['const i = ctx.packet.at(Ipv4, 0); return i && (i.source & ipv4("255.255.0.0")) === ipv4("12.13.0.0") ? 1 : 2;', 1n],
      ["const i = ctx.packet.at(Ipv4, 58); return i ? 1 : 2;", 2n],
      [
        'const i = ctx.packet.at(Ipv6, 0); return i && i.destination === ipv6("1819:1a1b:1c1d:1e1f:2021:2223:2425:2627") ? 1 : 2;',
        1n,
      ],
      ["const t = ctx.packet.at(Tcp, 5); return t ? (t.syn ? 1 : 0) + (t.fin ? 2 : 0) + (t.flags & TCP_SYN) * 4 : 0;", 9n],
      ["const t = ctx.packet.at(Tcp, byte(ctx, 5)); if (!t) return 0; return t.sequence;", 0x090a0b0cn],
      ["const v = ctx.packet.at(Vlan, 14); if (v) return v.id; return 0;", 0x0e0fn & 0xfffn],
    ],
    READ,
  ),
  group(
    "?. reads what may not be there, and is left of ??, in a condition, or compared",
    [
      ["return ctx.packet.at(Tcp, 5)?.destinationPort ?? 7;", 0x0708n],
      ["return ctx.packet.at(Tcp, 50)?.destinationPort ?? 7;", 7n],
      ["const t = ctx.packet.at(Tcp, 5); if (!t?.syn) return 7; return t.flags;", 0x12n],
      ["const t = ctx.packet.at(Tcp, 50); if (!t?.syn) return 7; return t.flags;", 7n],
      ["const e = ctx.packet.at(Ethernet, 0); if (e?.type !== 0x0c0d) return 7; return e.source[0];", 6n],
      ["const e = ctx.packet.at(Ethernet, 60); if (e?.type !== 0x0c0d) return 7; return e.source[0];", 7n],
      ["const e = ctx.packet.at(Ethernet, 60); return e?.type !== 5 ? 1 : 2;", 1n],
      ['return ctx.packet.at(Ethernet, 0)?.source === mac("06:07:08:09:0a:0b") ? 1 : 2;', 1n],
      ['return ctx.packet.at(Ethernet, 60)?.source === mac("06:07:08:09:0a:0b") ? 1 : 2;', 2n],
      ["pairs.set(1, { inner: { x: 4 }, n: 5 }); return (pairs.get(1)?.inner.x ?? 0) * 10 + (pairs.get(2)?.inner.x ?? 3);", 43n],
      ["pairs.set(1, { inner: { x: 4 }, n: 0 }); const p = pairs.get(1); return (p?.n ? 1 : 2) * 10 + (p?.inner?.x ?? 9);", 24n],
      ["const b = ctx.packet.u8(3); return (b === 3 ? 1 : 0) + (3 === b ? 10 : 0) + (b !== 4 ? 100 : 0);", 111n],
      ["const b = ctx.packet.u8(64); return (b === 3 ? 1 : 0) + (3 === b ? 10 : 0) + (b !== 4 ? 100 : 0);", 100n],
      ["const b = ctx.packet.u8(3); if (b !== 3) return 9; return b + 1;", 4n],
    ],
    "interface Inner { x: u32 } interface Pair { inner: Inner; n: u32 } export const pairs = hash<u32, Pair>({ maxEntries: 4 });",
  ),
  group(
    "patterns: nested, of arrays, as parameters",
    [
      ["const { inner: { x, y }, bytes: [first, , third] } = fresh(); return x * 1000 + y * 100 + first * 10 + third;", 2313n],
      ["const [a, b] = fresh().words; return a + b;", 30n],
      ["return sum(fresh());", 113n],
      ["return length(ctx);", 64n],
      ["let { tag } = fresh(); tag += 5; return tag;", 6n],
    ],
    `${STRUCTS}
      function sum({ inner: { x }, total, words: [w] }: Outer): u64 { return x + total + w + 2; }
      function length({ packet: { length } }: XdpContext): u32 { return length; }`,
  ),
  group(
    "a struct is taken apart by the names of its fields",
    [
      ["const { x, y: second } = made(); return x * 10 + second;", 12n],
      ["let { x, y } = made(); x += y; return x * 10 + y;", 32n],
      ["const { packet } = ctx; const { length } = packet; return length;", 64n],
      [
        "const e = ctx.packet.at(Ethernet, 0); if (!e) return 0; const { source, type } = e; e.source = e.destination; return source === e.source ? 1 : type;",
        0x0c0dn,
      ],
      ["const p = made(); const { x } = p; p.x = 9; return x;", 1n],
    ],
    "interface Point { x: u32; y: u32 } function made(): Point { return { x: 1, y: 2 }; }",
  ),
  group(
    "enums are constants",
    [
      ["return Verdict.Pass * 100 + Verdict.Drop * 10 + Verdict.Last;", 129n],
      ["const v: Verdict = Verdict.Drop; const w: u8 = Verdict.Last; return v + w;", 11n],
      [
        "switch (u32(ctx.packet.u8(2) ?? 0)) { case Verdict.Pass: return 5; case Verdict.Drop: return 6; default: return 7; }",
        6n,
      ],
      ["return u64(i64(sign(-3) * 5)) + Flags.Both;", (1n << 64n) - 5n + 3n],
    ],
    "const BASE = 4; enum Verdict { Pass = 1, Drop, Last = BASE * 2 + Pass } enum Sign { Minus = -1, Zero, Plus } enum Flags { A = 1 << 0, B = 1 << 1, Both = A | B } function sign(x: i32): Sign { return x < 0 ? Sign.Minus : x > 0 ? Sign.Plus : Sign.Zero; }",
  ),
  group(
    "parameters may have defaults",
    [
      ["return scale(5) * 100 + scale(5, 3);", 1015n],
      ['return (is(ctx) ? 1 : 0) + (is(ctx, mac("06:07:08:09:0a:0b")) ? 10 : 0);', 10n],
    ],
    `const FACTOR = 2; function scale(x: u32, by: u32 = FACTOR): u32 { return x * by; }
    function is(ctx: XdpContext, address: MacAddress = mac("00:00:00:00:00:00")): bool { return ctx.packet.at(Ethernet, 0)?.source === address; }`,
  ),
  group("Math.min and Math.max keep the narrower type that both fit", [
    ["let a: u16 = 5; a = Math.min(a, u16(ctx.packet.length)); return a;", 5n],
    ["let a: u16 = 5; a = Math.max(a, ctx.packet.u8(9) ?? 0); return a;", 9n],
    ["const a = i8(ctx.packet.u8(1) ?? 0) - 2; return u64(i64(Math.min(i8(a), i16(3))));", M64 - 1n],
  ]),
  group(
    "a name for an address is a copy, as one for a number is",
    [
      [
        'const e = ctx.packet.at(Ethernet, 0); if (!e) return 0; const old = e.source; e.source = e.destination; e.destination = old; return e.destination === mac("06:07:08:09:0a:0b") && e.source === mac("00:01:02:03:04:05") ? 1 : 2;',
        1n,
      ],
      [
        'const i = ctx.packet.at(Ipv6, 0); if (!i) return 0; const old = i.source; i.source = i.destination; i.destination = old; return i.destination === ipv6("0809:0a0b:0c0d:0e0f:1011:1213:1415:1617") ? 1 : 2;',
        1n,
      ],
      [
        'const e = ctx.packet.at(Ethernet, 0); if (!e) return 0; turn(e, e.source); return e.destination === mac("06:07:08:09:0a:0b") ? 1 : 2;',
        1n,
      ],
      [
        'const e = ctx.packet.at(Ethernet, 0); if (!e) return 0; let m = e.source; const first = m; m = e.destination; e.source = m; return first === mac("06:07:08:09:0a:0b") && m === e.source ? 1 : 2;',
        1n,
      ],
      [
        'let a = mac("01:00:00:00:00:01"); let b = mac("02:00:00:00:00:02"); for (let i = 0; i < 3; i++) { const c = a; a = b; b = c; } return a === mac("02:00:00:00:00:02") ? a[5] : 9;',
        2n,
      ],
    ],
    "function turn(eth: Ethernet, to: MacAddress): void { eth.source = eth.destination; eth.destination = to; }",
  ),
  group(
    "get, has, set, delete, increment",
    [
      ["return numbers.get(1) ?? 77;", 77n],
      ["numbers.set(1, 5); numbers.set(1, 6); return numbers.get(1) ?? 77;", 6n],
      ["numbers.set(1, 5); const n = numbers.get(1); numbers.set(1, 9); return n ?? 77;", 5n],
      ["numbers.set(1, 5); return (numbers.has(1) ? 1 : 0) + (numbers.has(2) ? 10 : 0);", 1n],
      ["numbers.set(1, 5); const a = numbers.delete(1); const b = numbers.delete(1); return (a ? 1 : 0) + (b ? 10 : 0);", 1n],
      ["numbers.set(1, 1); numbers.set(2, 1); return numbers.set(3, 1) ? 1 : 2;", 2n],
      ["numbers.increment(4, 40); numbers.increment(4); return numbers.get(4) ?? 0;", 41n],
      [
        "structs.set({ a: 1, b: 2 }, { n: 3, m: 4 }); const v = structs.get({ b: 2, a: 1 }); if (!v) return 0; v.n += 10; v.m -= 1; return v.n * 100 + u32(v.m);",
        1303n,
      ],
      [
        "structs.set({ a: 1, b: 2 }, { n: 3, m: 4 }); const v = structs.get({ a: 1, b: 2 }); if (v === null) return 0; structs.set({ a: 9, b: 9 }, v); const w = structs.get({ a: 9, b: 9 }); return w === null ? 0 : w.m;",
        4n,
      ],
      ["cells.set(2, 7); return cells.get(2) ?? 0;", 7n],
      ["return cells.get(3) ?? 77;", 77n],
      ["return cells.set(3, 1) ? 1 : 2;", 2n],
      ["ports.increment(443); return ports.get(443) ?? 0;", 1n],
      ["own.increment(1, 250); own.increment(1, 10); return own.get(1) ?? 0;", 4n],
    ],
    MAPS,
  ),
];
