/**
 * Objects on this kernel, by libbpf and by Skep: the same programs load, and the others are refused with the same words. `objects/gaps.ts` is
 * the list of what is different on purpose. Other people's objects: `node scripts/compare-loads.ts FOLDER`.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { compile } from "../../src/compile.ts";
import { probeLinux } from "../../src/engine/linux/engine.ts";
import { atLeast } from "../../src/engine/linux/release.ts";
import { writeObject } from "../../src/object/write/write.ts";
import { buildLoader, compare, loadBy, SKEP } from "./objects/compare.ts";
import "../kernel/leaks.ts";
import { noMounts } from "./this-kernel.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const probe = probeLinux();
const loader = probe.available ? buildLoader() : { missing: probe.reason };
const skip = "missing" in loader ? `without ${loader.missing}` : noMounts();
const path = "missing" in loader ? "" : loader.path;
const version = path === "" ? "" : spawnSync(path, { encoding: "utf8" }).stdout.trim().replace(/^v/, "");

/** What libbpf before 1.5 does not know, and kernels do: arenas, handlers of exceptions, interfaces by their flavours. */
const NEWER = /^(arena|exceptions|struct-ops)/;

const objectsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".o") && (atLeast(version, "1.5") || !NEWER.test(name)))
    .map((name) => join(folder, name));

function holds(objects: readonly string[]): void {
  const { programs, loaded, differences } = compare(loadBy([path], objects), loadBy(SKEP, objects));
  assert.deepEqual(differences, []);
  assert.ok(programs > 0 && loaded > 0, `${programs} programs, ${loaded} loaded: nothing was compared`);
}

describe(`objects, beside libbpf ${version}`, { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-objects-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  for (const place of ["test/linux/fixtures", "test/object/fixtures", "test/calls/objects", "test/events/fixtures"]) {
    test(`of ${place}`, () => holds(objectsIn(join(ROOT, place))));
  }

  const installed = `/usr/lib/${process.arch === "x64" ? "x86_64" : "aarch64"}-linux-gnu/bpf`;
  test("of the package xdp-tools", { skip: existsSync(installed) ? false : "xdp-tools is not installed" }, () => {
    holds(objectsIn(installed));
  });

  test("made by Skep of its examples", async () => {
    const examples = join(ROOT, "examples");
    const made: string[] = [];
    for (const name of readdirSync(examples).filter((each) => each.endsWith(".bpf.ts"))) {
      const object = join(folder, name.replace(".bpf.ts", ".o"));
      writeFileSync(object, writeObject(await compile(join(examples, name))));
      made.push(object);
    }
    holds(made);
  });
});
