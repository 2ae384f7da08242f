/** `skep link`: objects become one. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { object, readerObject } from "./fixtures.ts";
import { Folder, skep } from "./skep.ts";

describe("skep link", () => {
  it("makes objects whole, so that they run", async () => {
    using folder = new Folder();
    const output = join(folder.path, "tool.o");
    const linked = await skep(["link", object("counter"), object("note"), "-o", output]);
    assert.deepEqual([linked.status, linked.stderr, linked.stdout], [0, "", ""]);
    const inspected = JSON.parse((await skep(["inspect", output, "--json"])).stdout);
    assert.deepEqual(inspected.programs[0].functions, ["count", "note"]);
    assert.deepEqual(inspected.externs, []);
    const run = await skep(["run", output, "--replay", "examples/captures/office.pcap", "--json"]);
    assert.equal(run.status, 0, run.stderr);
    const { packets, maps } = JSON.parse(run.stdout);
    assert.equal(maps.packets.entries[0].value, packets * 2);
  });

  it("says with --json what came of it", async () => {
    using folder = new Folder();
    const output = join(folder.path, "tool.o");
    const { stdout } = await skep(["link", object("counter"), object("note"), "-o", output, "--json"]);
    const { programs, externs, maps } = JSON.parse(stdout);
    assert.deepEqual([programs, externs], [["count"], []]);
    assert.ok(maps.includes("packets"));
  });

  for (const { what, inputs, status, says } of [
    { what: "no files", inputs: [], status: 2, says: /needs files/ },
    { what: "a missing file", inputs: ["nosuch.o"], status: 4, says: /nosuch\.o: no such file/ },
    { what: "a file that is no object", inputs: [object("note"), "package.json"], status: 4, says: /package\.json: .*ELF/ },
    { what: "one function twice", inputs: [object("note"), object("note")], status: 4, says: /note\.o.*"note"/ },
    { what: "other byte orders", inputs: [object("note"), readerObject("globals-big")], status: 4, says: /one byte order/ },
  ]) {
    it(`${what}: status ${status}, and nothing is written`, async () => {
      using folder = new Folder();
      const output = join(folder.path, "tool.o");
      const ended = await skep(["link", ...inputs, "-o", output]);
      assert.equal(ended.status, status, ended.stderr);
      assert.match(ended.stderr, says);
      assert.equal(ended.stderr.trimEnd().split("\n").length, 1);
      assert.ok(!existsSync(output));
    });
  }

  it("needs to know where to", async () => {
    const { status, stderr } = await skep(["link", object("note")]);
    assert.equal(status, 2);
    assert.match(stderr, /-o OUT\.o/);
  });
});
