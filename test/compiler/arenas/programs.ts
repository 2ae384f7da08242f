/** Small programs on an arena: what each leaves in four numbers, in every engine. */

import { compileSource } from "../../../src/compiler/compile.ts";
import type { Engine } from "../../../src/engine/engine.ts";
import type { Spec } from "../../../src/object/spec.ts";

export interface ArenaProgram {
  readonly name: string;
  /** Statements of a program that is given `out`. */
  readonly body: string;
  /** What stands beside it. */
  readonly top: string;
  readonly expected: readonly bigint[];
  /** The first Linux that has all of it, where that is later than arenas. */
  readonly since?: "6.17";
}

/** A program whose arena is `heap`, with a type of nodes. */
export function source(body: string, top = ""): string {
  return `import { arena, array, atomicAdd, atomicOr, bpf_loop, canLoop, compareExchange, exchange, print, range, syscall, u64, type Bits, type FixedArray, type FixedString, type i8, type Pointer, type u32, type u8, XDP_PASS, xdp } from "skep/bpf";
export const heap = arena({ pages: 8 });
interface Node { value: u64; next: Pointer<Node> | null }
interface Out { a: u64; b: u64; c: u64; d: u64 }
${top}
export const program = syscall<Out>((out) => {
  ${body}
});`;
}

export function specOf({ body, top }: ArenaProgram, cpu: 3 | 4 = 3): Spec {
  return compileSource(source(body, top), { file: "arena.bpf.ts", cpu });
}

/** What the program left. */
export async function ran(engine: Engine, spec: Spec): Promise<readonly bigint[]> {
  await using collection = await engine.load(spec);
  const { context } = collection.programs["program"]!.run({ context: new Uint8Array(32) });
  const bytes = context as Uint8Array;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [0, 8, 16, 24].map((offset) => view.getBigUint64(offset, true));
}

export const PROGRAMS: readonly ArenaProgram[] = [
  {
    name: "are null until they are assigned, compare with each other, and are numbers",
    body: `const page = heap.allocPages<FixedArray<Node, 4>>();
       if (page === null) return 1;
       const first = page[0], second = page[1];
       first.next = second;
       second.next = first;
       out.a = u64(first.next === second) + u64(second.next !== first) * 2 + u64(first === second) * 4;
       out.b = u64(second) - u64(first);
       out.c = u64(page[2].next);
       first.next = null;
       out.d = first.next === null ? 7 : 8;
       return 0;`,
    top: "",
    expected: [1n, 16n, 0n, 7n],
  },
  {
    name: "are parameters and results of functions, generic ones and sub-programs, too",
    body: `const nodes = heap.allocPages<FixedArray<Node, 3>>();
       if (nodes === null) return 1;
       nodes[0].value = 5;
       nodes[0].next = nodes[1];
       const last = lastOf(nodes[0]);
       last.value = 6;
       out.a = nodes[1].value;
       out.b = sum(nodes[0]);
       out.c = u64(same(last, nodes[1]));
       out.d = u64(maybe(null) === null);
       return 0;`,
    top: `function lastOf(node: Pointer<Node>): Pointer<Node> { return node.next ?? node; }
       /** @noinline */ function sum(node: Pointer<Node>): u64 { const next = node.next; return node.value + (next === null ? 0 : next.value); }
       function same<T>(a: Pointer<T>, b: Pointer<T>): boolean { return u64(a) === u64(b); }
       /** @noinline */ function maybe(node: Pointer<Node> | null): Pointer<Node> | null { return node === null ? null : node.next; }`,
    expected: [6n, 11n, 1n, 1n],
  },
  {
    name: "are kept by variables, values of maps and structs of the frame, and used in callbacks",
    body: `const nodes = heap.allocPages<FixedArray<Node, 3>>();
       if (nodes === null) return 1;
       kept.set(0, { node: nodes[2] });
       nodes[2].value = 9;
       const entry = kept.get(0);
       if (entry === null) return 2;
       const pair: Kept = { node: entry.node };
       const node = pair.node;
       if (node === null) return 3;
       bpf_loop(3, () => { node.value += 1; });
       out.a = nodes[2].value;
       table[1] = node;
       out.b = table[1]?.value ?? 0;
       out.c = table[0]?.value ?? 77;
       return 0;`,
    top: `interface Kept { node: Pointer<Node> | null }
       export const kept = array<Kept>({ maxEntries: 1 });
       export let table: FixedArray<Pointer<Node> | null, 4>;`,
    expected: [12n, 12n, 77n, 0n],
  },
  {
    name: "lead to structs in structs, arrays, texts and narrow signed numbers; copies are copies",
    body: `const it = heap.allocPages<Thing>();
       if (it === null) return 1;
       it.inner.x = -5;
       it.name = "arena";
       it.list = [1, 2, 3];
       const copy: Inner = { ...it.inner };
       it.inner.x -= 1;
       let sum: u32 = 0;
       for (const n of it.list) sum += n;
       out.a = u64(copy.x === -5 && it.inner.x === -6);
       out.b = u64(it.name === "arena" && it.name.startsWith("are"));
       out.c = u64(sum);
       out.d = u64(it.flags);
       it.flags = 5;
       out.d += u64(it.flags);
       print(\`\${it.name} \${it.inner.x}\`);
       return 0;`,
    top: `interface Inner { y: u32; x: i8 }
       interface Thing { pad: u8; inner: Inner; name: FixedString<8>; list: FixedArray<u32, 3>; flags: Bits<u32, 3> }`,
    expected: [1n, 1n, 6n, 5n],
  },
  {
    name: "lead to what is changed atomically",
    body: `const node = heap.allocPages<Node>();
       if (node === null) return 1;
       atomicAdd(node.value, 5);
       atomicOr(node.value, 8);
       out.a = atomicAdd(node.value, 1);
       out.b = compareExchange(node.value, 14, 20);
       out.c = node.value;
       return 0;`,
    top: "",
    expected: [13n, 14n, 20n, 0n],
  },
  {
    name: "are exchanged in one piece, as lists of several CPUs want it",
    body: `const nodes = heap.allocPages<FixedArray<Node, 3>>();
       if (nodes === null) return 1;
       for (let i = 0; i < 3; i++) {
         nodes[i].value = i + 1;
         if (!push(nodes[i])) return 2;
       }
       const all = exchange(pool.head, null);
       if (all === null) return 3;
       out.a = all.value;
       out.b = u64(pool.head);
       exchange(kept, all);
       out.c = u64(compareExchange(kept, null, all.next) === all);
       out.d = kept?.value ?? 0;
       return 0;`,
    top: `interface Pool { head: Pointer<Node> | null }
       /** @arena */ export let pool: Pool;
       export let kept: Pointer<Node> | null = null;
       function push(node: Pointer<Node>): boolean {
         for (const _ of range(16)) {
           const first = pool.head;
           node.next = first;
           if (compareExchange(pool.head, first, node) === first) return true;
         }
         return false;
       }`,
    expected: [3n, 0n, 1n, 3n],
  },
  {
    name: "are followed in loops of which only the list says where they end",
    body: `const nodes = heap.allocPages<FixedArray<Node, 200>>();
       if (nodes === null) return 1;
       for (let i = 0; i < 200; i++) {
         nodes[i].value = i;
         nodes[i].next = head;
         head = nodes[i];
       }
       for (let node = head; node !== null && canLoop(); node = node.next) {
         if (node.value === 3) continue;
         out.a += node.value;
       }
       let last: Pointer<Node> | null = null;
       let node = head;
       while (canLoop()) {
         if (node === null) break;
         last = node;
         node = node.next;
       }
       out.b = last === nodes[0] ? 1 : 0;
       return 0;`,
    top: "export let head: Pointer<Node> | null = null;",
    expected: [19_897n, 1n, 0n, 0n],
  },
  {
    name: "are as many as the type takes, or as are said, given back, and set aside",
    body: `const big = heap.allocPages<FixedArray<Node, 300>>();
       if (big === null) return 1;
       const end = heap.allocPages<Node>(1, u64(big) + 4096 * 7);
       out.a = end === null ? 0 : (u64(end) - u64(big)) / 4096;
       out.b = u64(heap.allocPages<Node>(6) === null);
       heap.freePages(big);
       out.c = u64(heap.allocPages<Node>(7) !== null);
       out.d = u64(heap.reservePages(u64(big), 1) === -16);
       heap.at<Node>(u64(big) + 16).value = 3;
       return big[1].value === 3 ? 0 : 2;`,
    top: "",
    expected: [7n, 1n, 1n, 1n],
    since: "6.17",
  },
];
