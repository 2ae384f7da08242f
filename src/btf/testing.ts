/** Types for this room's tests. */

import { type Btf, openBtf } from "./btf.ts";
import { BtfBuilder, type BuilderOptions } from "./builder.ts";

/** One type of each kind, with the ids by name. */
export function everyKind(options: BuilderOptions = {}) {
  const b = new BtfBuilder(options);
  const int = b.int("int", 4, { signed: true });
  const u64 = b.int("long unsigned int", 8);
  const char = b.int("char", 1);
  const node = b.reserve();
  const next = b.pointer(node);
  const name = b.array(char, 16);
  b.struct(
    "node",
    40,
    [
      { name: "next", type: next, bitOffset: 0 },
      { name: "key", type: u64, bitOffset: 64 },
      { name: "low", type: int, bitOffset: 128, bitSize: 3 },
      { name: "high", type: int, bitOffset: 131, bitSize: 29 },
      { name: "name", type: name, bitOffset: 192 },
    ],
    node,
  );
  const either = b.union("either", 8, [
    { name: "number", type: u64, bitOffset: 0 },
    { name: "pointer", type: next, bitOffset: 0 },
  ]);
  const color = b.enum("color", 4, [
    { name: "RED", value: -1 },
    { name: "GREEN", value: 7 },
  ]);
  const flags = b.enum64("flags", 8, [{ name: "TOP", value: 1n << 63n }]);
  const forward = b.forward("elsewhere", "union");
  const alias = b.typedef("node_t", b.const(b.volatile(node)));
  const restricted = b.restrict(next);
  const prototype = b.prototype(int, [{ name: "first", type: restricted }], true);
  const main = b.function("main", prototype, "global");
  const counter = b.variable("counter", u64, "static");
  const bss = b.section(".bss", 8, [{ type: counter, offset: 0, size: 8 }]);
  const double = b.float("double", 8);
  const tag = b.declTag("deprecated", node, 1);
  const user = b.typeTag("user", int);
  const ids = {
    int,
    u64,
    char,
    node,
    next,
    name,
    either,
    color,
    flags,
    forward,
    alias,
    restricted,
    prototype,
    main,
    counter,
    bss,
    double,
    tag,
    user,
  };
  return { bytes: b.encode(), ids };
}

/** The types that `define` makes, opened; `define` returns the id wanted. */
export function withTypes(define: (builder: BtfBuilder) => number, options: BuilderOptions = {}): { btf: Btf; id: number } {
  const builder = new BtfBuilder(options);
  const id = define(builder);
  return { btf: openBtf(builder.encode(), options.base), id };
}
