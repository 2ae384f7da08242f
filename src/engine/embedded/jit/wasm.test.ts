/** The writer of WebAssembly modules: numbers as the format has them, and a module that runs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteWriter, I32, I64, ModuleWriter, OP } from "./wasm.ts";

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, (...args: never[]) => unknown> };
};

/** A function without parameters that returns a constant. */
function constant(type: number, opcode: number, write: (out: ByteWriter) => void): unknown {
  const module = new ModuleWriter();
  const index = module.function([], [type]);
  const out = new ByteWriter(4);
  out.byte(opcode);
  write(out);
  out.byte(OP.end);
  module.body(index, [], out.finish());
  module.exportFunction("get", index);
  return new WebAssembly.Instance(new WebAssembly.Module(module.finish().bytes), {}).exports["get"]?.();
}

test("an i32 constant reads back", () => {
  fc.assert(
    fc.property(fc.integer(), (value) => {
      assert.equal(
        constant(I32, OP.i32Const, (out) => out.signed(value)),
        value,
      );
    }),
  );
});

test("an i64 constant reads back from its halves", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), fc.nat(63), (value, shift) => {
      const small = value >> BigInt(shift);
      const [low, high] = [Number(BigInt.asIntN(32, small)), Number(small >> 32n)];
      assert.equal(
        constant(I64, OP.i64Const, (out) => out.signed64(low, high)),
        small,
      );
    }),
  );
});

test("functions call each other and what is imported; equal types are written once", () => {
  const module = new ModuleWriter();
  const double = module.importFunction("double", [I32], [I32]);
  const inner = module.function([I32], [I32]);
  const outer = module.function([I32], [I32]);
  assert.equal(module.type([I32], [I32]), 0);
  module.body(inner, [[1, I64]], Uint8Array.of(OP.localGet, 0, OP.call, double, OP.end));
  module.body(outer, [], Uint8Array.of(OP.localGet, 0, OP.call, inner, OP.i32Const, 1, OP.i32Add, OP.end));
  module.exportFunction("run", outer);
  const { bytes, codeStart } = module.finish();
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { skep: { double: (n: number) => n * 2 } });
  assert.equal((exports["run"] as (n: number) => number)(20), 41);
  assert.equal(bytes[codeStart[outer]!], OP.localGet, "where a body's code begins is known");
});

test("a function without a body is a mistake of ours", () => {
  const module = new ModuleWriter();
  module.function([], []);
  assert.throws(() => module.finish(), TypeError);
});
