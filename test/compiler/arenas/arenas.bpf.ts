// A list and a hash table in an arena: built by programs that may sleep, searched by a program on packets, walked by user space.
import {
  arena,
  atomicAdd,
  canLoop,
  type FixedArray,
  type i16,
  type Pointer,
  range,
  syscall,
  type u32,
  u64,
  XDP_DROP,
  XDP_PASS,
  xdp,
} from "skep/bpf";
import { Ipv4 } from "skep/bpf/net";

interface Node {
  value: u64;
  next: Pointer<Node> | null;
}

interface Page {
  nodes: FixedArray<Node, 256>;
}

interface Entry {
  key: u32;
  hits: u32;
  balance: i16;
  next: Pointer<Entry> | null;
}

interface Table {
  used: u32;
  pool: FixedArray<Entry, 128>;
  buckets: FixedArray<Pointer<Entry> | null, 16>;
}

interface Ask {
  readonly count: u32;
  sum: u64;
  length: u32;
  last: u64;
}

export const heap = arena({ pages: 16 });

export let head: Pointer<Node> | null = null;
/** @arena */
export let table: Table;
/** @arena */
export let seed: u64 = 7;

/** Puts a node in front. */
function push(node: Pointer<Node>, value: u64): void {
  node.value = value;
  node.next = head;
  head = node;
}

export const build = syscall<Ask>((ask) => {
  const page = heap.allocPages<Page>();
  if (page === null) return 1;
  for (const i of range(256)) {
    if (i >= ask.count) break;
    push(page.nodes[i]!, u64(i) + seed);
  }
  return 0;
});

export const walk = syscall<Ask>((ask) => {
  let sum: u64 = 0;
  let length: u32 = 0;
  let node = head;
  for (const _ of range(100_000)) {
    if (node === null) break;
    sum += node.value;
    length++;
    node = node.next;
  }
  ask.sum = sum;
  ask.length = length;
  return 0;
});

function find(key: u32): Pointer<Entry> | null {
  let entry = table.buckets[key & 15] ?? null;
  for (const _ of range(128)) {
    if (entry === null || entry.key === key) break;
    entry = entry.next;
  }
  return entry;
}

function insert(key: u32): Pointer<Entry> | null {
  const index = atomicAdd(table.used, 1);
  if (index >= 128) return null;
  const entry = table.pool[index & 127]!;
  entry.key = key;
  entry.balance = -3;
  entry.next = table.buckets[key & 15] ?? null;
  table.buckets[key & 15] = entry;
  return entry;
}

export const count = xdp((ctx) => {
  const ip = ctx.packet.at(Ipv4, 14);
  if (ip === null) return XDP_PASS;
  const entry = find(ip.totalLength) ?? insert(ip.totalLength);
  if (entry === null) return XDP_PASS;
  atomicAdd(entry.hits, 1);
  entry.balance += 1;
  return entry.balance > 0 ? XDP_DROP : XDP_PASS;
});

/** Walks the list as every hook may. */
export const total = xdp(() => {
  let sum: u64 = 0;
  for (let node = head; node !== null && canLoop(); node = node.next) sum += node.value;
  return sum > 1000 ? XDP_DROP : XDP_PASS;
});

export const release = syscall<Ask>((ask) => {
  const first = head;
  if (first === null) return 1;
  // The page begins with the first node, which is the last of the list.
  const page = heap.at<Page>(u64(first) & ~0xfff);
  ask.last = page.nodes[0].value;
  heap.freePages(page);
  head = null;
  return 0;
});
