/** Which file a name means: as the dynamic linker, a shell, or a process has it. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../facts.ts";
import { fakeFacts } from "../fixtures/fake-kernel.ts";
import { findFile } from "./files.ts";

/** glibc's cache: a header of 48 bytes, entries of 24, texts; each library by name, path, and what it is for. */
function cache(entries: readonly (readonly [name: string, path: string, flags: number])[], old = false): Uint8Array {
  const before = old ? 64 : 0;
  const texts = entries.map(([name, path]) => `${name}\0${path}\0`);
  const start = 48 + entries.length * 24;
  const bytes = new Uint8Array(before + start + texts.join("").length);
  const view = new DataView(bytes.buffer, before);
  bytes.set(new TextEncoder().encode("glibc-ld.so.cache1.1"), before);
  view.setUint32(20, entries.length, true);
  let at = start;
  for (const [index, [name, , flags]] of entries.entries()) {
    view.setInt32(48 + index * 24, flags, true);
    view.setUint32(48 + index * 24 + 4, at, true);
    view.setUint32(48 + index * 24 + 8, at + name.length + 1, true);
    bytes.set(new TextEncoder().encode(texts[index]), before + at);
    at += texts[index]?.length ?? 0;
  }
  return bytes;
}

const X64 = 0x303;
const OLD_32_BIT = 0x3;
const MAPS = `5500-5600 r-xp 00000000 fe:00 11 /srv/app/bin/server
7f00-7f10 r--p 00000000 fe:00 12 /srv/app/lib/libcrypto.so.3
7f10-7f20 r-xp 00001000 fe:00 12 /srv/app/lib/libcrypto.so.3
7f20-7f30 rw-p 00000000 00:00 0
7fff-8000 r-xp 00000000 00:00 0 [vdso]`;

function machine(files: readonly string[], bytes: Uint8Array | null): (name: string, pid?: number) => string | null {
  const facts: Facts = { ...fakeFacts({ "/proc/12/maps": MAPS }), bytes: (path) => (path === "/etc/ld.so.cache" ? bytes : null) };
  return (name, pid) => findFile(facts, (path) => files.includes(path), name, pid);
}

describe("a library", () => {
  const files = ["/opt/lib/libssl.so.3", "/usr/lib/libz.so.1", "/opt32/libssl.so.3"];
  const entries = [
    ["libssl.so.3", "/opt32/libssl.so.3", OLD_32_BIT],
    ["libssl.so.3", "/opt/lib/libssl.so.3", X64],
    ["libgone.so.1", "/opt/lib/libgone.so.1", X64],
  ] as const;

  test("where the dynamic linker's cache has it, for 64 bits", () => {
    for (const old of [false, true]) {
      const find = machine(files, cache(entries, old));
      assert.equal(find("libssl.so.3"), "/opt/lib/libssl.so.3");
      assert.equal(find("libssl.so"), "/opt/lib/libssl.so.3");
      assert.equal(find("libssl"), "/opt/lib/libssl.so.3");
    }
  });

  test("else in the linker's folders; one that is not there any more is not found", () => {
    const find = machine(files, cache(entries));
    assert.equal(find("libz.so.1"), "/usr/lib/libz.so.1");
    assert.equal(find("libgone.so.1"), null);
    assert.equal(machine(files, null)("libz.so.1"), "/usr/lib/libz.so.1", "without a cache, as with musl");
  });

  test("of a cache that is cut off: nothing is read behind its end", () => {
    const whole = cache(entries);
    for (let length = 0; length < whole.length; length += 7) machine(files, whole.slice(0, length))("libssl.so.3");
    const wrong = cache(entries);
    new DataView(wrong.buffer).setUint32(20, 0xffff_ffff, true);
    assert.equal(machine(files, wrong)("libnone.so"), null);
  });
});

describe("a program", () => {
  test("by its path as it is, by its name where a shell finds it", () => {
    const find = machine(["/usr/bin/env", "/srv/tool"], null);
    assert.equal(find("/srv/tool"), "/srv/tool");
    assert.equal(find("/srv/none"), null);
    assert.equal(find("env"), (process.env["PATH"] ?? "").split(":").includes("/usr/bin") ? "/usr/bin/env" : null);
  });
});

describe("what a process has mapped", () => {
  const find = machine(["/usr/lib/libcrypto.so.3"], null);

  test("in its own mounts, by path, by name, without its version", () => {
    for (const name of ["/srv/app/lib/libcrypto.so.3", "libcrypto.so.3", "libcrypto.so", "libcrypto"])
      assert.equal(find(name, 12), "/proc/12/root/srv/app/lib/libcrypto.so.3");
    assert.equal(find("server", 12), "/proc/12/root/srv/app/bin/server");
  });

  test("else what the machine has", () => {
    assert.equal(find("libcrypto.so.3"), "/usr/lib/libcrypto.so.3");
    assert.equal(find("libcrypto.so.3", 13), "/usr/lib/libcrypto.so.3", "there is no such process");
    assert.equal(find("libcry", 12), null);
  });
});
