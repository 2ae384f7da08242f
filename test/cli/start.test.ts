/** bin/cached.js: what starts the command line runs what V8 kept of earlier processes, but never what is not sure to be ours or of this text. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";

const CACHED = new URL("../../bin/cached.js", import.meta.url).href;

const RUN = `const { runCached } = await import(process.argv[1]);
const { exports, isAccepted } = runCached(process.argv[2], "file:///bundle.js", "test", process.argv[3]);
console.log(JSON.stringify([isAccepted, exports.answer(process.argv[4])]));`;

/** A bundle of functions that run when they are called, of one length whatever `number` of one digit it is. */
const bundle = (hash: string, number: number) => `// ${hash}
function first() { return ${number} + second(); }
function second() { return require("node:path").basename(bundleUrl).length; }
function other() { return require("node:path").sep.length + [1, 2, 3].map((each) => each * ${number}).length; }
exports.answer = (which) => (which === "other" ? other() : first());
`;

const A = "0123456789abcdef";
const B = "fedcba9876543210";

describe("starting with what earlier starts compiled", () => {
  let folder = "";
  let cache = "";
  const file = (): string => join(folder, "bundle.cjs");
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "skep-start-"));
  });
  beforeEach(() => {
    cache = mkdtempSync(join(folder, "cache-"));
    writeFileSync(file(), bundle(A, 1));
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (which = "first"): [isAccepted: boolean, answer: number] => {
    const args = ["--input-type=module", "--eval", RUN, CACHED, file(), cache, which];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout);
  };
  const kept = (): string => join(cache, readdirSync(cache)[0] ?? "");

  it("runs the same with and without", () => {
    assert.deepEqual(run(), [false, 10]);
    assert.deepEqual(run(), [true, 10]);
  });

  it("learns what the first process did not use, and ends to learn when nothing is new", () => {
    run();
    const first = readFileSync(kept());
    assert.deepEqual(run("other"), [true, 4]);
    const second = readFileSync(kept());
    assert.ok(second.length > first.length, `${second.length} bytes are no more than ${first.length}`);
    for (let time = 1; time <= 3; time++) {
      run("other");
      assert.equal(readFileSync(kept()).at(-1), time);
    }
    const settled = readFileSync(kept());
    run();
    assert.deepEqual(readFileSync(kept()), settled);
  });

  it("does not take another text's, whatever its length", () => {
    run();
    writeFileSync(file(), bundle(B, 2));
    assert.deepEqual(run(), [false, 11]);
  });

  it("does not take what others may have written", { skip: process.platform === "win32" }, () => {
    run();
    chmodSync(kept(), 0o666);
    assert.deepEqual(run(), [false, 10]);
  });

  it("does without when it is broken, and makes a new one", () => {
    run();
    writeFileSync(kept(), "no cache", { mode: 0o600 });
    assert.deepEqual(run(), [false, 10]);
    assert.deepEqual(run(), [true, 10]);
  });
});
