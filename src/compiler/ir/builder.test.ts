import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { FunctionBuilder } from "./builder.ts";
import { IrError } from "./errors.ts";
import type { IrFunction } from "./ir.ts";
import { printFunction } from "./print.ts";
import { verifyFunction } from "./verify.ts";

function assertFunction(fn: IrFunction, text: string): void {
  verifyFunction(fn);
  const lines = (of: string): string[] =>
    of
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => line !== "");
  assert.deepEqual(lines(printFunction(fn)), lines(text));
}

describe("FunctionBuilder", () => {
  it("builds straight code", () => {
    const b = new FunctionBuilder("half", ["i64"], "i64");
    b.location = { line: 3, column: 7 };
    b.return(b.binary("lshr", b.parameters[0]!, b.constant("i64", 1)));
    assertFunction(
      b.finish(),
      `function half(v0: i64) -> i64 {
       b0:
         v1: i64 = const 1 @3:7
         v2: i64 = lshr v0, v1 @3:7
         return v2 @3:7
       }`,
    );
  });

  it("turns a variable written on two paths into a block parameter", () => {
    const b = new FunctionBuilder("clamp", ["i64", "i64"], "i64");
    const [value, limit] = [b.parameters[0]!, b.parameters[1]!];
    const result = b.variable("i64", "result");
    const [big, small, done] = [b.block(), b.block(), b.block()];
    b.branch("ugt", value, limit, big, small);
    b.seal(big);
    b.seal(small);
    b.switchTo(big);
    b.write(result, limit);
    b.jump(done);
    b.switchTo(small);
    b.write(result, value);
    b.jump(done);
    b.seal(done);
    b.switchTo(done);
    b.return(b.read(result));
    assertFunction(
      b.finish(),
      `function clamp(v0: i64, v1: i64) -> i64 {
       b0:
         branch.ugt v0, v1 ? b1 : b2
       b1:
         jump b3(v1)
       b2:
         jump b3(v0)
       b3(v2: i64):
         return v2
       }`,
    );
  });

  it("gives a loop parameters for what changes in it, and none for what does not", () => {
    const b = new FunctionBuilder("power", ["i64", "i32"], "i64");
    const [base, result, left] = [b.variable("i64"), b.variable("i64"), b.variable("i32")];
    b.write(base, b.parameters[0]!);
    b.write(result, b.constant("i64", 1));
    b.write(left, b.parameters[1]!);
    const [head, body, done] = [b.block(), b.block(), b.block()];
    b.jump(head);
    b.switchTo(head); // not sealed: the loop comes back
    b.branch("ne", b.read(left), b.constant("i32", 0), body, done);
    b.seal(body);
    b.seal(done);
    b.switchTo(body);
    b.write(result, b.binary("mul", b.read(result), b.read(base)));
    b.write(left, b.binary("sub", b.read(left), b.constant("i32", 1)));
    b.jump(head);
    b.seal(head);
    b.switchTo(done);
    b.return(b.read(result));
    assertFunction(
      b.finish(),
      `function power(v0: i64, v1: i32) -> i64 {
       b0:
         v2: i64 = const 1
         jump b1(v1, v2)
       b1(v3: i32, v4: i64):
         v5: i32 = const 0
         branch.ne v3, v5 ? b2 : b3
       b2:
         v6: i64 = mul v4, v0
         v7: i32 = const 1
         v8: i32 = sub v3, v7
         jump b1(v8, v6)
       b3:
         return v4
       }`,
    );
  });

  it("drops what cannot be reached", () => {
    const b = new FunctionBuilder("early", [], "i32");
    const after = b.block();
    b.return(b.constant("i32", 1));
    assert.equal(b.terminated, true);
    b.seal(after);
    b.switchTo(after);
    assert.equal(b.isUnreached(after), true);
    const variable = b.variable("i32");
    b.return(b.read(variable)); // any value will do
    assertFunction(
      b.finish(),
      `function early() -> i32 {
       b0:
         v0: i32 = const 1
         return v0
       }`,
    );
  });

  it("does not recurse: twenty thousand conditions in a row", () => {
    const b = new FunctionBuilder("long", ["i64"], "i64");
    const variable = b.variable("i64");
    b.write(variable, b.parameters[0]!);
    for (let index = 0; index < 20_000; index++) {
      const [then, after] = [b.block(), b.block()];
      b.branch("eq", b.parameters[0]!, b.parameters[0]!, then, after);
      b.seal(then);
      b.switchTo(then);
      b.jump(after);
      b.seal(after);
      b.switchTo(after);
    }
    b.return(b.read(variable));
    assert.equal(
      b.finish().blocks.every((block) => block.parameters.length === 0),
      true,
    );
  });

  it("says what a front end does wrong", () => {
    const message = (run: (b: FunctionBuilder) => void): string => {
      try {
        run(new FunctionBuilder("f", ["ptr", "i64"], "i32"));
      } catch (error) {
        if (error instanceof IrError) return error.message;
      }
      return "nothing";
    };
    assert.equal(
      message((b) => b.binary("mul", 0, 1)),
      "f: mul does not take ptr and i64",
    );
    assert.equal(
      message((b) => b.compare("eq", 0, 1)),
      "f: eq does not compare ptr with i64",
    );
    assert.equal(
      message((b) => b.return(1)),
      "f: returns i64 where i32 is declared",
    );
    assert.equal(
      message((b) => b.read(b.variable("i64", "total"))),
      "f: total is read before it is written",
    );
    assert.equal(
      message((b) => b.jump(0)),
      "f: jump to b0, which is sealed",
    );
    assert.equal(
      message((b) => b.finish()),
      "f: b0 has no terminator",
    );
    assert.equal(
      message((b) => b.constant("ptr", 4)),
      "f: a constant pointer can only be null, not 4",
    );
  });
});
