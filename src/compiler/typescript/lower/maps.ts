/** Lowers operations on maps to the kernel's helpers. */

import type { Value } from "../../ir/ir.ts";
import { sizeOf } from "../layout.ts";
import type { Expression, MapDeclaration } from "../tree.ts";
import type { Memory, StoredType } from "../types.ts";
import { locate, scalar } from "./expressions.ts";
import { type Lowering, memoryOf } from "./lowering.ts";
import { irType, pointer } from "./memory.ts";
import { prepare, write } from "./structs.ts";

/** Memory that helpers read where it is. Nobody knows where a parameter's lies, but that inlining leaves it where it was. */
const READABLE: Readonly<Record<"packet" | "direct", readonly (Memory | null)[]>> = {
  packet: ["map", "stack", "ringbuf", "packet", null],
  direct: ["map", "stack", "ringbuf", null],
};

/** `BPF_NOEXIST` of linux/bpf.h. */
const NOEXIST = 1;

type Keyed = Extract<Expression, { kind: "map-get" | "map-has" | "map-delete" }>;

/**
 * Computes an argument now; the result puts it where a helper can read it, and gives its address. Helpers of tables read the
 * packet (`pkt_access` of their prototypes), others (`direct`) read copies of what lies there.
 */
export function argument(
  to: Lowering,
  value: Expression,
  stored: StoredType,
  role: "key" | "value",
  reads: "packet" | "direct" = "packet",
): () => Value {
  const literal = value.kind === "struct" || value.kind === "array" || value.kind === "bytes";
  const readable = READABLE[reads].includes(memoryOf(value));
  if ((stored.kind === "struct" || stored.kind === "array") && !literal && readable) {
    const address = pointer(to.ir, locate(to, value, 0));
    return () => address;
  }
  const prepared = prepare(to, value, stored);
  return () => {
    const address = to.scratch(sizeOf(stored), role);
    write(to, prepared, { address, offset: 0, memory: "stack", align: 8 });
    return address;
  };
}

/** The address of the key's value, or null. */
export function lookUp(to: Lowering, { map, key, cpu, at }: Keyed): Value {
  const store = argument(to, key, map.key, "key");
  const whose = cpu === undefined ? null : scalar(to, cpu);
  to.locate(at);
  const address = store();
  if (whose === null) return call(to, map, address);
  return to.ir.call("bpf_map_lookup_percpu_elem", [mapPointer(to, map), address, whose], "ptr");
}

function call(to: Lowering, map: MapDeclaration, key: Value): Value {
  return to.ir.call("bpf_map_lookup_elem", [mapPointer(to, map), key], "ptr");
}

/** The map itself: one that the loader knows by name, or one that was got from another. */
export function mapPointer(to: Lowering, { name, pointer }: MapDeclaration): Value {
  return pointer === undefined ? to.ir.map(name) : scalar(to, pointer);
}

/** True when the entry was there. */
export function deleteEntry(to: Lowering, { map, key, at }: Keyed): Value {
  const { ir } = to;
  const store = argument(to, key, map.key, "key");
  to.locate(at);
  const address = store();
  const result = ir.call("bpf_map_delete_elem", [mapPointer(to, map), address], "i64");
  return ir.compare("eq", result, ir.constant("i64", 0));
}

/** True when the map took it. */
export function setEntry(to: Lowering, { map, key, value, flags, at }: Extract<Expression, { kind: "map-set" }>): Value {
  const { ir } = to;
  const storeKey = argument(to, key, map.key, "key");
  const storeValue = argument(to, value, map.value, "value");
  const how = scalar(to, flags);
  to.locate(at);
  const [keyAddress, valueAddress] = [storeKey(), storeValue()];
  const result = ir.call("bpf_map_update_elem", [mapPointer(to, map), keyAddress, valueAddress, how], "i64");
  return ir.compare("eq", result, ir.constant("i64", 0));
}

/**
 * Adds to a value in place: atomically where CPUs share it. An entry that is not there is created with the amount; when
 * another CPU was faster (BPF_NOEXIST fails), the amount is added to what that CPU made.
 */
export function increment(to: Lowering, { map, key, value, at }: Extract<Expression, { kind: "map-increment" }>): void {
  const { ir } = to;
  if (map.value.kind !== "int") return;
  const type = map.value;
  const storeKey = argument(to, key, map.key, "key");
  const amount = scalar(to, value);
  to.locate(at);
  const keyAddress = storeKey();
  const entry = ir.variable("ptr", `entry of ${map.name}`);
  const found = ir.block();
  const done = ir.block();
  const first = call(to, map, keyAddress);
  ir.write(entry, first);
  const { missing } = to.branches(["missing"], (made) => ir.branch("ne", first, ir.constant("ptr", 0), found, made.missing));
  ir.switchTo(missing);
  if (!map.kind.indexed) {
    const slot = to.scratch(sizeOf(type), "value");
    write(to, { kind: "scalar", stored: type, value: amount }, { address: slot, offset: 0, memory: "stack", align: 8 });
    const made = ir.call("bpf_map_update_elem", [mapPointer(to, map), keyAddress, slot, ir.constant("i64", NOEXIST)], "i64");
    const { again } = to.branches(["again"], (blocks) => ir.branch("eq", made, ir.constant("i64", 0), done, blocks.again));
    ir.switchTo(again);
    const second = call(to, map, keyAddress);
    ir.write(entry, second);
    ir.branch("ne", second, ir.constant("ptr", 0), found, done);
  } else {
    ir.jump(done);
  }
  ir.seal(found);
  ir.switchTo(found);
  const address = ir.read(entry);
  const width = sizeOf(type) as 1 | 2 | 4 | 8;
  if (map.kind.perCpu) {
    const old = ir.load(irType(type), width, type.signed, address, 0);
    ir.store(width, address, 0, ir.binary("add", old, amount));
  } else if (width === 4 || width === 8) {
    ir.atomic("add", width, address, 0, amount, false);
  }
  ir.jump(done);
  ir.seal(done);
  ir.switchTo(done);
}
